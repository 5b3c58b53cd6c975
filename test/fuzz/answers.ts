import { decodePacket } from "engine.io-parser";
import { Decoder } from "socket.io-parser";
import { operations } from "../../src/contract/openapi.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import { faultsOfAnswer } from "../contract.ts";
import type { Watch } from "./watch.ts";

/** Reads an answer of HTTP and looks at all of it. Returns its body. `sent`: secrets of this request's own. */
export type Judge = (
  method: string,
  address: string,
  response: Response,
  sent?: readonly string[],
) => Promise<string>;

export function judgeFor(watch: Watch): Judge {
  return async (method, address, response, sent) => {
    const text = await response.text();
    watch.heard("an answer", text + JSON.stringify([...response.headers]), sent);
    const fault = await answerFault(method, new URL(address).pathname, response, text);
    if (fault !== undefined) {
      watch.found(`${method} ${address} → ${response.status}: ${fault}: ${text.slice(0, 100)}`);
    }
    return text;
  };
}

/** Closes that a hostile client may meet: a plain one, Engine.IO's for its size, and the catalogue's that are no failure of the server's. */
const expectedCloses = new Set<number>([
  1000,
  1009,
  ...Object.values(errorCatalogue).flatMap(({ status, closeCode }) => (status < 500 ? [closeCode] : [])),
]);

export function closeFault(code: number): string | undefined {
  return expectedCloses.has(code) ? undefined : `closed with ${code}`;
}

export function faultBy(
  schema: { safeParse(value: unknown): { success: boolean } },
  text: string,
): string | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).success ? undefined : "not of the schema";
  } catch {
    return "no JSON";
  }
}

/** Why a packet is none of Engine.IO or Socket.IO. */
export function packetFault(text: string): string | undefined {
  const packet = decodePacket(text, "arraybuffer");
  if (packet.type === "error") {
    return "no packet of Engine.IO";
  }
  if (packet.type !== "message") {
    return undefined;
  }
  try {
    new Decoder().add(packet.data);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Where Socket.IO is served. */
export const enginePaths: readonly string[] = ["/socket.io", "/ws/sockets.io"];

async function answerFault(
  method: string,
  pathname: string,
  { status, headers }: Response,
  text: string,
): Promise<string | undefined> {
  if (status >= 500) {
    return "a failure";
  }
  if (enginePaths.includes(pathname.replace(/\/$/, ""))) {
    return engineFault(method, status, text);
  }
  const operation = operationAt(method, pathname);
  if (operation !== undefined) {
    const faults = await faultsOfAnswer(operation, new Response(text, { status, headers }));
    return faults.length === 0 ? undefined : faults.join(", ");
  }
  // What a browser asks before it calls.
  if (method === "OPTIONS" && status === 204) {
    return undefined;
  }
  if (status < 400) {
    return "an answer of no operation";
  }
  const isProblem = headers.get("content-type") === "application/problem+json";
  return isProblem ? faultBy(problemSchema, text) : "no problem document";
}

function engineFault(method: string, status: number, text: string): string | undefined {
  if (status === 200) {
    const faults = method === "POST" && text === "ok" ? [] : text.split("\x1e").map(packetFault);
    return faults.find((fault) => fault !== undefined);
  }
  const isRefusal = /^\{"code":[0-5],"message":"[\w ]+"\}$/.test(text);
  return isRefusal || status === 413 || (method === "OPTIONS" && status === 204)
    ? undefined
    : "no answer of Engine.IO";
}

const places = operations.map((operation) => ({ operation, segments: operation.path.split("/") }));

/** What the contract calls a request; undefined where it knows none of this method at this address. */
function operationAt(method: string, pathname: string): Operation | undefined {
  const asked = decoded(pathname).split("/");
  return places
    .filter(
      ({ operation, segments }) =>
        operation.method === method.toLowerCase() &&
        segments.length === asked.length &&
        segments.every((segment, index) =>
          segment.startsWith("{") ? asked[index] !== "" : segment === asked[index],
        ),
    )
    .map(({ operation }) => operation)
    .toSorted((one, other) => parametersOf(one) - parametersOf(other))[0];
}

/** A fixed name is meant before a parameter. */
function parametersOf({ path }: Operation): number {
  return path.split("{").length;
}

/** As the router reads it. */
function decoded(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}
