import { request as httpRequest, type ClientRequest } from "node:http";
import { FrameReader, type WireFrame } from "../e2e/websocket-frames.ts";
import { closeFault, enginePaths, packetFault, type Judge } from "./answers.ts";
import { fetched } from "./fetched.ts";
import { frameFault, inboxFrameFault } from "./hostiles.ts";
import type { FuzzedRequest, FuzzedUpgrade } from "./request-generators.ts";
import { secretPartsOf, type Watch } from "./watch.ts";

const patienceMs = 60_000;

export async function request(
  url: string,
  all: readonly FuzzedRequest[],
  judge: Judge,
  watch: Watch,
): Promise<void> {
  for (const { method, path, body, authorization } of all) {
    const hasBody = body !== undefined && method !== "GET" && method !== "OPTIONS";
    try {
      const response = await fetched(url + path, {
        method,
        headers: authorization === undefined ? {} : { authorization },
        ...(hasBody && { body }),
        signal: AbortSignal.timeout(patienceMs),
      });
      await judge(method, url + path, response, secretPartsOf(authorization ?? ""));
    } catch (error) {
      watch.found(`${method} ${path}: ${String(error)}`);
    }
  }
}

/** No token but the user's own lets anybody in. */
export async function forge(
  url: string,
  tokens: readonly string[],
  judge: Judge,
  watch: Watch,
): Promise<void> {
  const address = `${url}/v1/conversations`;
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetched(address, { headers });
    await judge("GET", address, response, secretPartsOf(token));
    if (response.status !== 401) {
      watch.found(`a forged token was answered ${response.status}`);
    }
  }
}

/** Upgrades, of which many are refused: by an answer, or by a socket that says why and closes. */
export async function upgrade(
  url: string,
  all: readonly FuzzedUpgrade[],
  judge: Judge,
  watch: Watch,
): Promise<void> {
  for (const one of all) {
    try {
      const answer = await answerTo(url, one);
      if (answer instanceof Response) {
        await judge("GET", url + one.path, answer);
        continue;
      }
      watch.heard("an upgrade", answer.bytes.toString("latin1"));
      const fault = firstFault(one.path, answer);
      if (fault !== undefined) {
        watch.found(`upgrade ${one.path}: ${fault}`);
      }
    } catch (error) {
      watch.found(`upgrade ${one.path}: ${String(error)}`);
    }
  }
}

/** The answer, or where the socket opened its first frame. By hand, since a WebSocket client shows no refused upgrade. */
function answerTo(
  url: string,
  { path, protocols, authorization }: FuzzedUpgrade,
): Promise<Response | WireFrame> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url + path, {
      // A connection of its own.
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...(protocols !== undefined && { "sec-websocket-protocol": protocols }),
        ...(authorization !== undefined && { authorization }),
      },
      signal: AbortSignal.timeout(patienceMs),
    });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const { statusCode: status = 0, headers } = answer;
        const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve(new Response(Buffer.concat(chunks), { status, headers: pairs }));
      });
    });
    firstFrame(asked, resolve, reject);
    asked.end();
  });
}

function firstFrame(
  asked: ClientRequest,
  resolve: (frame: WireFrame) => void,
  reject: (error: Error) => void,
): void {
  asked.on("upgrade", (_, socket, head) => {
    const reader = new FrameReader();
    const take = (chunk: Buffer) => {
      const [frame] = reader.push(chunk);
      if (frame !== undefined) {
        resolve(frame);
        socket.destroy();
      }
    };
    socket.on("data", take);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the socket ended without a frame")));
    take(head);
  });
}

const closeOpcode = 0x88;

/** Why the first frame of a socket is none. */
function firstFault(path: string, { text, bytes }: WireFrame): string | undefined {
  if (text === undefined) {
    return bytes[0] === closeOpcode ? closeFault(bytes.readUInt16BE(2)) : "a frame of bytes";
  }
  const { pathname } = new URL(path, "http://any");
  if (enginePaths.some((known) => pathname.startsWith(known))) {
    return packetFault(text);
  }
  return pathname === "/v1/socket" ? inboxFrameFault(text) : frameFault(text);
}

/** A session that was begun and ended: its id is one of the namespace's, and nobody's any more. */
export async function endedSession(url: string): Promise<string> {
  const address = `${url}/socket.io/?EIO=4&transport=polling`;
  const opening = await (await fetched(address)).text();
  const { sid } = JSON.parse(opening.slice(1)) as { readonly sid: string };
  await fetched(`${address}&sid=${sid}`, { method: "POST", body: "1" });
  return sid;
}

/** Ids of sessions that are none: one that ended, the same altered, and made-up ones. */
export function deadSids(ended: string): readonly string[] {
  const altered = (ended.startsWith("0") ? "1" : "0") + ended.slice(1);
  return [ended, altered, "0".repeat(64), "x", ended.toUpperCase(), `${ended}%00`];
}
