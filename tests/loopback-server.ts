import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../testing/local-database.ts";

/** An HTTP server in place of DynamoDB, with real sockets on 127.0.0.1. */
export interface LoopbackServer {
  /** Settings of a client that talks to it. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: typeof LOCAL_CREDENTIALS;
  };
  /** The most requests that were under way at once. */
  readonly most: number;
  /** How many sockets were opened, and how many requests came. */
  readonly sockets: number;
  readonly requests: number;
  close(): Promise<void>;
}

export const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "LOOPBACK" });
  response.end(JSON.stringify(body));
};

/** Starts a server that does with each whole request what it is told. */
export async function startLoopback(
  handle: (response: ServerResponse, request: IncomingMessage, number: number) => void,
): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  let [most, under, requests] = [0, 0, 0];
  const server = createServer((request, response) => {
    const number = requests++;
    most = Math.max(most, ++under);
    response.on("close", () => under--);
    request.resume().on("end", () => handle(response, request, number));
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    config: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: LOCAL_REGION,
      credentials: LOCAL_CREDENTIALS,
    },
    get most() {
      return most;
    },
    get sockets() {
      return sockets.size;
    },
    get requests() {
      return requests;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
