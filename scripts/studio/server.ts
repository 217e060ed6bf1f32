import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { DataLayer } from "../../services/data-layer.ts";
import { isDataLayerError } from "../../services/storage/errors.ts";
import type { StoredItem } from "../../services/storage/requests.ts";
import { type Answer, UnansweredQuestion } from "./answering.ts";
import { CHANGES, makeChange } from "./changes.ts";
import { exampleOf, QUESTIONS, type Question } from "./questions.ts";
import { MASK } from "./rows.ts";

/** What the page is of. */
export interface Studio {
  /** Such as `demo, seeded` or `ielts at http://127.0.0.1:8000`. */
  readonly shown: string;
  /** Rows from which the forms' examples are taken. */
  readonly rows: readonly StoredItem[];
  answer(question: Question, given: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** What changes go through. Absent: the table is read alone. */
  readonly layer?: DataLayer;
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

/** A change of a form is longer than this by no means. */
const LONGEST_BODY = 64 * 1024;

/** Another site's page reaches loopback by a name of its own; what it asks by is not ours. */
const isOurs = ({ headers: { host = "", origin } }: IncomingMessage): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) && (origin === undefined || origin === `http://${host}`);

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": type }).end(body);
}
const sendJson = (response: ServerResponse, status: number, body: unknown) =>
  send(response, status, "application/json", JSON.stringify(body));

/** Of what `isOurs`: a page says its origin, and no page of another site can send JSON without asking first. */
const isFromPage = ({ headers: { origin, "content-type": type } }: IncomingMessage): boolean =>
  origin !== undefined && type === "application/json";

async function bodyOf(request: IncomingMessage): Promise<{ change?: unknown; values?: object }> {
  const length = Number(request.headers["content-length"]);
  if (!(length <= LONGEST_BODY)) throw new UnansweredQuestion("the change is too long");
  try {
    const body: unknown = JSON.parse(await text(request));
    if (typeof body === "object" && body !== null) return body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UnansweredQuestion("the change is no JSON object");
}

/** The pages and answers of the studio; `listen` it on 127.0.0.1. It changes what services change, when it is given them. */
export function studioServer({ shown, rows, answer, layer }: Studio): Server {
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

  const changes = layer === undefined ? [] : CHANGES;

  async function change(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (layer === undefined)
      return sendJson(response, 403, { problem: "this table is only read; --write allows changes" });
    if (!isFromPage(request)) return sendJson(response, 403, { problem: "changes come from this page alone" });
    const { change: id, values = {} } = await bodyOf(request);
    await makeChange(layer, id, { ...values });
    sendJson(response, 200, { changed: id });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (!isOurs(request)) return send(response, 403, "text/plain", "This page is for this machine alone.");
    if (request.method === "POST" && pathname === "/change") return change(request, response);
    if (request.method !== "GET") return send(response, 405, "text/plain", "This is only to be read.");
    const file = FILES[pathname];
    if (file !== undefined)
      return send(response, 200, file[1], readFileSync(new URL(file[0], import.meta.url), "utf8"));
    if (pathname === "/questions") return sendJson(response, 200, { shown, mask: MASK, questions: described, changes });
    if (pathname !== "/answer") return send(response, 404, "text/plain", "There is no such page.");
    const question = QUESTIONS.find(({ id }) => id === searchParams.get("question"));
    if (question === undefined) return sendJson(response, 400, { problem: "there is no such question" });
    sendJson(response, 200, await answer(question, unmasked(question, searchParams)));
  }

  return createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      const isRefused = error instanceof UnansweredQuestion || isDataLayerError(error);
      sendJson(response, isRefused ? 400 : 500, { problem: error.message });
    });
  });
}
