import { basename } from "node:path";

/** The commands of the package: the program that has them all, and the command by which a person calls one. */
export const PROGRAM = "ielts-data";

/** True in the installed package, where one program has the commands; in a clone npm has them. */
const ofPackage = (): boolean => basename(process.argv[1] ?? "", ".js") === PROGRAM;

/** How a person calls a command, with options if any: `npx ielts-data doctor`, or in a clone `npm run doctor`. */
export const commandName = (name: string, options?: string): string => {
  const call = ofPackage() ? `npx ${PROGRAM} ${name}` : `npm run ${name}`;
  return options === undefined ? call : `${calledWithOptions(name)} ${options}`;
};

/** The beginning of a call with options: npm passes on what stands after two hyphens. */
export const calledWithOptions = (name: string): string =>
  ofPackage() ? commandName(name) : `${commandName(name)} --`;
