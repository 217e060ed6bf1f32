import { handle } from "./handler.ts";

/** The bundle's entry: `node bundle.cjs <endpoint> <table>`. */
const [endpoint = "", table = ""] = process.argv.slice(2);
handle(endpoint, table).then((told) => process.stdout.write(JSON.stringify(told)));
