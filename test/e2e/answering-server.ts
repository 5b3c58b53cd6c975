import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

interface Asked {
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A status, and a body that is sent as JSON where it is no text. */
export type Answer = readonly [status: number, body: unknown];

/** One answer after the other. */
export function inTurn(answers: readonly Answer[]): () => Answer {
  const left = [...answers];
  return () => left.shift() ?? [500, "one request too many"];
}

/** A server that answers as it is told until the test is over, and keeps what it was asked. */
export async function answering(
  answerTo: (request: IncomingMessage, body: unknown) => Answer,
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      asked.push({ authorization: request.headers.authorization, body });
      const [status, answer] = answerTo(request, body);
      response.writeHead(status).end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}
