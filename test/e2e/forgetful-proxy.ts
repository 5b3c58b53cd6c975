import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { pageSchema } from "../../src/protocol/rest.ts";

/** Stands before a Worker and leaves the newest message out of every page of history; all else passes. */
export async function forgetfulProxy(
  workerPort: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answerFor(workerPort, request.url ?? "/", request.headers.authorization).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
    );
  });
  server.on("upgrade", (request, socket, head) => {
    const headers = request.rawHeaders.reduce(
      (text, part, index) => text + part + (index % 2 === 0 ? ": " : "\r\n"),
      "",
    );
    const worker = connect(workerPort, "127.0.0.1", () => {
      worker.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
      worker.write(head);
      worker.pipe(socket).pipe(worker);
    });
    socket.on("error", () => worker.destroy());
    worker.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answerFor(
  workerPort: number,
  path: string,
  authorization: string | undefined,
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const response = await fetch(`http://127.0.0.1:${workerPort}${path}`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !isAboutLength(name)));
  const body = await response.text();
  const page = pageSchema.safeParse(path.includes("/messages") ? JSON.parse(body) : undefined);
  if (!page.success) {
    return { status: response.status, headers, body };
  }
  const messages = page.data.messages.slice(0, -1);
  return { status: response.status, headers, body: JSON.stringify({ ...page.data, messages }) };
}

// `fetch` has undone what these say, and the body is another one.
function isAboutLength(header: string): boolean {
  return ["content-length", "content-encoding", "transfer-encoding", "connection"].includes(header);
}
