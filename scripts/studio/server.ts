import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { StoredItem } from "../../services/storage/requests.ts";
import { type Answer, UnansweredQuestion } from "./answering.ts";
import { exampleOf, QUESTIONS, type Question } from "./questions.ts";
import { MASK } from "./rows.ts";

/** What the page is of. */
export interface Studio {
  /** Such as `demo, seeded` or `ielts at http://127.0.0.1:8000`. */
  readonly shown: string;
  /** Rows from which the forms' examples are taken. */
  readonly rows: readonly StoredItem[];
  answer(question: Question, given: Readonly<Record<string, unknown>>): Promise<Answer>;
}

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["page.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
};
const HEADERS = {
  "Content-Security-Policy": "default-src 'self'; img-src data:",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

/** Another site's page reaches loopback by a name of its own; what it asks by is not ours. */
const isOurs = ({ headers: { host = "", origin } }: IncomingMessage): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) && (origin === undefined || origin === `http://${host}`);

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": type }).end(body);
}
const sendJson = (response: ServerResponse, status: number, body: unknown) =>
  send(response, status, "application/json", JSON.stringify(body));

/** The pages and answers of the studio; `listen` it on 127.0.0.1. It changes nothing. */
export function studioServer({ shown, rows, answer }: Studio): Server {
  const examples = new Map(QUESTIONS.map((question) => [question.id, exampleOf(question, rows)]));
  /** A secret is asked for by its mask: the page does not get it. */
  const unmasked = (question: Question, given: URLSearchParams) =>
    Object.fromEntries(
      question.arguments.map(({ name }) => {
        const text = given.get(name) ?? undefined;
        return [name, text === MASK ? examples.get(question.id)?.[name] : text];
      }),
    );
  const described = QUESTIONS.map((question) => {
    const values = examples.get(question.id) ?? {};
    const example = question.arguments.map(({ name, secret }) => [name, secret ? MASK : String(values[name])]);
    return { ...question, example: Object.fromEntries(example) };
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (!isOurs(request)) return send(response, 403, "text/plain", "This page is for this machine alone.");
    if (request.method !== "GET") return send(response, 405, "text/plain", "The studio changes nothing.");
    const file = FILES[pathname];
    if (file !== undefined)
      return send(response, 200, file[1], readFileSync(new URL(file[0], import.meta.url), "utf8"));
    if (pathname === "/questions") return sendJson(response, 200, { shown, mask: MASK, questions: described });
    if (pathname !== "/answer") return send(response, 404, "text/plain", "There is no such page.");
    const question = QUESTIONS.find(({ id }) => id === searchParams.get("question"));
    if (question === undefined) return sendJson(response, 400, { problem: "there is no such question" });
    sendJson(response, 200, await answer(question, unmasked(question, searchParams)));
  }

  return createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      sendJson(response, error instanceof UnansweredQuestion ? 400 : 500, { problem: error.message });
    });
  });
}
