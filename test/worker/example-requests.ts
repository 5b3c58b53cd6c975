import { alice, bob } from "../../src/contract/examples.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { exampleAddress, queryParameters } from "../../src/contract/parameters.ts";
import { queryFields } from "../../src/contract/schema-components.ts";
import { protocolVersion } from "../../src/protocol/version.ts";
import { origin, tokenFor, worker } from "./clients.ts";
import { adminKey } from "./users.ts";

/** In what a request differs from the document's example. */
export interface Sent {
  readonly body?: string | undefined;
  /** Instead of the key. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly peer?: string;
  readonly seq?: string;
  readonly isUpgrade?: boolean;
  readonly origin?: string;
}

/** Sends an operation's request as its examples are, but for what is given. */
export async function requestOf(operation: Operation, sent: Sent): Promise<Response> {
  const { path, method } = operation;
  const { peer = bob, seq = "1", query = "" } = sent;
  const address = exampleAddress(path.replace("{peer}", peer).replace("{seq}", seq));
  const hasBody = operation.body !== undefined && sent.body !== undefined;
  return worker.fetch(`${origin}${address}${query}`, {
    method: method.toUpperCase(),
    headers: {
      ...(sent.headers ?? (await keyOf(operation))),
      ...upgradeOf(operation, sent),
      ...(sent.origin !== undefined && { origin: sent.origin }),
    },
    ...(hasBody && { body: sent.body }),
  });
}

/** The examples of an operation's body; one that takes none is sent once without. */
export function exampleBodies({ body }: Operation): readonly (string | undefined)[] {
  return body === undefined
    ? [undefined]
    : Object.values(body.examples).map(({ value }) => JSON.stringify(value));
}

/** The query that names every parameter which has an example. */
export function exampleQuery({ query, ownParameters }: Operation): string {
  const fields = query === undefined ? [] : queryFields(query);
  const named = fields.flatMap(({ name }) => {
    const { example } = ownParameters?.[name] ?? queryParameters[name] ?? {};
    return example === undefined ? [] : [`${name}=${encodeURIComponent(example)}`];
  });
  return named.length === 0 ? "" : `?${named.join("&")}`;
}

async function keyOf({ access }: Operation): Promise<Record<string, string>> {
  return { authorization: `Bearer ${access === "admin" ? adminKey : await tokenFor(alice)}` };
}

function upgradeOf(
  { tag }: Operation,
  { headers, isUpgrade = tag === "Sockets" }: Sent,
): Record<string, string> {
  if (!isUpgrade) {
    return {};
  }
  // Who offers the protocol and sends no header is told by a close instead of a status.
  return {
    upgrade: "websocket",
    ...(headers === undefined && { "sec-websocket-protocol": protocolVersion }),
  };
}
