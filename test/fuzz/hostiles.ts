import { inboxServerFrameSchema } from "../../src/protocol/inbox-frame.ts";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import { faultBy, packetFault, type Judge } from "./answers.ts";
import type { Cast } from "./generators.ts";
import { pollingAt, webSocketTo } from "./lines.ts";
import type { Hostile } from "./sockets.ts";

/** The subprotocols that a client offers. */
export const offerOf = (token: string): string[] => [protocolVersion, bearerPrefix + token];

/** Why a frame of a socket is none; of an inbox's, or of a conversation's. */
export const frameFault = (text: string) => (text === "pong" ? undefined : faultBy(serverFrameSchema, text));
export const inboxFrameFault = (text: string) =>
  text === "pong" ? undefined : faultBy(inboxServerFrameSchema, text);

/** A message that is not there, so that nothing follows. */
const seq = 4_000_000_001;

export function conversationSocket(url: string, { peer }: Cast, token: string): Hostile {
  return {
    dial: webSocketTo(`${url.replace("http", "ws")}/v1/conversations/${peer}/socket`, offerOf(token)),
    burst: 100,
    good: JSON.stringify({ type: "typing", on: false }),
    marker: (id) => JSON.stringify({ type: "edit", id, seq, text: "x" }),
    faultOf: frameFault,
  };
}

export function inboxSocket(url: string, { peer }: Cast, token: string): Hostile {
  return {
    dial: webSocketTo(`${url.replace("http", "ws")}/v1/socket`, offerOf(token)),
    burst: 100,
    good: JSON.stringify({ type: "typing", peer, on: false }),
    marker: (id) => JSON.stringify({ type: "edit", id, peer, seq, text: "x" }),
    faultOf: inboxFrameFault,
  };
}

export function socketIoSocket(url: string, cast: Cast, token: string): Hostile {
  const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  return { ...socketIo(cast), dial: webSocketTo(address, [], connectOf(token)), burst: 100 };
}

export function socketIoPolling(
  url: string,
  cast: Cast,
  token: string,
  { noise, judge }: { readonly noise: () => string; readonly judge: Judge },
): Hostile {
  const address = `${url}/socket.io/?EIO=4&transport=polling`;
  // As much as a payload may hold.
  return { ...socketIo(cast), dial: pollingAt(address, noise, connectOf(token), judge), burst: 20 };
}

const connectOf = (token: string) => `40${JSON.stringify({ token })}`;

function socketIo({ peer }: Cast): Pick<Hostile, "good" | "marker" | "faultOf"> {
  return {
    good: `42${JSON.stringify(["typing", { peer, on: false }])}`,
    marker: (id) => `42${JSON.stringify(["edit", { id, peer, seq, text: "x" }])}`,
    faultOf: packetFault,
  };
}
