import * as fc from "fast-check";
import { inboxServerFrameSchema } from "../../src/protocol/inbox-frame.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import { residentMiBOf } from "../bench/process-tree.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { bentTokens, packets, requests, texts, type FuzzedRequest } from "./generators.ts";
import { attack, packetFault, type Attacked, type Hostile, type Watch } from "./sockets.ts";

export interface FuzzPlan {
  readonly seed: number;
  /** Frames in all, over the three kinds of sockets; a request for each twenty. */
  readonly frames: number;
  readonly progress?: (sent: number) => void;
  /** Bugs to find. */
  readonly planted?: readonly Planted[];
}

export interface FuzzOutcome {
  readonly frames: number;
  readonly requests: number;
  /** Frames that were taken for sure; those behind one that ended its socket may not have been. */
  readonly taken: number;
  readonly answers: number;
  readonly closes: number;
  readonly findings: readonly string[];
  /** Of the Worker's processes, after each tenth. */
  readonly memoryMiB: readonly number[];
}

/**
 * Lines that a Worker logs where something went wrong in it, and what the runtime says of an exception that nobody caught.
 * A session that a newer one displaced answers what still waited with `internal`, and more than twenty are opened here.
 */
const failures =
  /uncaught|request_failed|frame_failed","object":"(?!session)|session_call_failed|conversation_call_failed|object_abandoned|commit_failed|write_failed|alarm_failed|Exceeded|RangeError|TypeError/i;

/** Throws frames, packets, requests and tokens at a Worker, of which most are nearly right, and looks at all that comes back. */
export async function runFuzz({ seed, frames, progress, planted = [] }: FuzzPlan): Promise<FuzzOutcome> {
  const worker = await ProvenWorker.build({ planted });
  await worker.start();
  const findings = new Set<string>();
  const found = (finding: string) => void findings.add(finding);
  const cast = { you: "alice", peer: "bob" };
  const token = await worker.token(cast.you);
  const secrets = [worker.secret, worker.adminKey, token];
  const heard = (text: string) => {
    if (secrets.some((secret) => text.includes(secret))) {
      found(`a secret came back: ${text.slice(0, 100)}`);
    }
  };
  const total = { taken: 0, answers: 0, closes: 0, requests: 0 };
  const memoryMiB: number[] = [];
  try {
    await warmUp(worker, cast, token);
    const tenth = Math.ceil(frames / 10);
    for (let part = 0; part < 10; part += 1) {
      const random = { seed: seed + part, numRuns: Math.ceil(tenth / 3) };
      const outcomes = await Promise.all([
        attack(conversationSocket(worker, cast, token), fc.sample(texts(cast, token), random), {
          found,
          heard,
        }),
        attack(inboxSocket(worker, cast, token), fc.sample(texts(cast, token), random), { found, heard }),
        attack(socketIo(worker, token), fc.sample(packets(cast, token), random), { found, heard }),
        request(
          worker,
          fc.sample(requests(cast, { token, adminKey: worker.adminKey }), {
            ...random,
            numRuns: Math.ceil(tenth / 20),
          }),
          { found, heard },
        ),
        forge(worker, fc.sample(bentTokens(token), { ...random, numRuns: Math.ceil(tenth / 100) }), found),
      ]);
      for (const { taken, answers, closes } of outcomes.slice(0, 3) as Attacked[]) {
        total.taken += taken;
        total.answers += answers;
        total.closes += closes;
      }
      total.requests += Math.ceil(tenth / 20) + Math.ceil(tenth / 100);
      memoryMiB.push(residentMiBOf([worker.pid]) ?? 0);
      progress?.((part + 1) * tenth);
    }
    await stillWorks(worker, found);
    for (const line of worker.log) {
      heard(line);
      if (failures.test(line)) {
        found(`logged: ${line.slice(0, 200)}`);
      }
    }
  } finally {
    await worker.remove();
  }
  return { frames, ...total, findings: [...findings], memoryMiB };
}

type Cast = { readonly you: string; readonly peer: string };

function opened(address: string, protocols: string[], first?: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, protocols);
    socket.addEventListener("open", () => {
      if (first !== undefined) {
        socket.send(first);
      }
      resolve(socket);
    });
    socket.addEventListener("error", () => reject(new Error(`no socket at ${address}`)));
  });
}

const subprotocols = (token: string) => [protocolVersion, bearerPrefix + token];

function conversationSocket({ url }: ProvenWorker, { peer }: Cast, token: string): Hostile {
  const address = `${url.replace("http", "ws")}/v1/conversations/${peer}/socket`;
  return {
    open: () => opened(address, subprotocols(token)),
    burst: 100,
    good: JSON.stringify({ type: "typing", on: false }),
    marker: (id) => JSON.stringify({ type: "edit", id, seq: 4_000_000_001, text: "x" }),
    faultOf: (text) => (text === "pong" ? undefined : faultBy(serverFrameSchema, text)),
  };
}

function inboxSocket({ url }: ProvenWorker, { peer }: Cast, token: string): Hostile {
  return {
    open: () => opened(`${url.replace("http", "ws")}/v1/socket`, subprotocols(token)),
    burst: 100,
    good: JSON.stringify({ type: "typing", peer, on: false }),
    marker: (id) => JSON.stringify({ type: "edit", id, peer, seq: 4_000_000_001, text: "x" }),
    faultOf: (text) => (text === "pong" ? undefined : faultBy(inboxServerFrameSchema, text)),
  };
}

function socketIo({ url }: ProvenWorker, token: string): Hostile {
  const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  return {
    open: () => opened(address, [], `40${JSON.stringify({ token })}`),
    burst: 20,
    good: '42["typing",{"peer":"bob","on":false}]',
    marker: (id) => `42${JSON.stringify(["edit", { id, peer: "bob", seq: 4_000_000_001, text: "x" }])}`,
    faultOf: packetFault,
  };
}

function faultBy(
  schema: { safeParse(value: unknown): { success: boolean } },
  text: string,
): string | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).success ? undefined : "not of the schema";
  } catch {
    return "no JSON";
  }
}

async function warmUp({ url }: ProvenWorker, { peer }: Cast, token: string): Promise<void> {
  for (const text of ["one", "two", "three"]) {
    await fetch(`${url}/v1/conversations/${peer}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id: `warm-${text}`, text }),
    });
  }
}

async function request(
  worker: ProvenWorker,
  all: readonly FuzzedRequest[],
  { found, heard }: Watch,
): Promise<void> {
  for (const one of all) {
    const { method, path } = one;
    try {
      const response = await answerTo(worker, one);
      const text = await response.text();
      heard(text + JSON.stringify([...response.headers]));
      const fault = answerFault(response, text);
      if (fault !== undefined) {
        found(`${method} ${path} → ${response.status}: ${fault}: ${text.slice(0, 100)}`);
      }
    } catch (error) {
      found(`${method} ${path}: ${String(error)}`);
    }
  }
}

function answerTo(
  { url }: ProvenWorker,
  { method, path, body, authorization }: FuzzedRequest,
): Promise<Response> {
  const hasBody = body !== undefined && method !== "GET" && method !== "OPTIONS";
  return fetch(url + path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
    ...(hasBody && { body }),
    signal: AbortSignal.timeout(60_000),
  });
}

/** Why an answer of REST or of Engine.IO is none. */
function answerFault({ status, headers }: Response, text: string): string | undefined {
  if (status < 400) {
    return undefined;
  }
  if (status >= 500) {
    return "a failure";
  }
  if (headers.get("content-type")?.startsWith("application/problem+json") === true) {
    return faultBy(problemSchema, text);
  }
  const isEngine = /^\{"code":[0-5],"message":"[\w ]+"\}$/.test(text) || status === 413;
  return isEngine ? undefined : "no problem";
}

/** No token but the user's own lets anybody in. */
async function forge(
  { url }: ProvenWorker,
  tokens: readonly string[],
  found: (finding: string) => void,
): Promise<void> {
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token.replaceAll(/[^\x21-\x7e]/g, "")}` };
    const { status } = await fetch(`${url}/v1/conversations`, { headers });
    if (status !== 401) {
      found(`a forged token was answered ${status}`);
    }
  }
}

async function stillWorks({ url }: ProvenWorker, found: (finding: string) => void): Promise<void> {
  const { ok } = await fetch(`${url}/health`);
  if (!ok) {
    found("it is not healthy afterwards");
  }
}
