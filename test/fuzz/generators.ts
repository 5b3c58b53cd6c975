import * as fc from "fast-check";
import type { Frame } from "./lines.ts";

/** Who the frames are about: the other user, oneself, nobody, and what is no id. */
export interface Cast {
  readonly you: string;
  readonly peer: string;
}

// Half surrogates too. Quicker to begin with than fast-check's own unit of this kind.
const anyCodePoint = fc.nat(0x10ffff).map((point) => String.fromCodePoint(point));

export const hostileText = fc.oneof(
  fc.string({ unit: anyCodePoint, maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "",
    "\0",
    "\ud800",
    "‮x",
    "__proto__",
    "constructor",
    "a".repeat(20_000),
    "'; DROP TABLE messages; --",
    "%00",
    "../..",
  ),
);
export const hostileNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-1, 0, 1, 2, 0.5, 2 ** 31, 2 ** 53, 1e308, Number.MAX_SAFE_INTEGER),
);
export const hostileValue = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 3, arbitrary: hostileNumber },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

const types = [
  "send",
  "edit",
  "delete",
  "react",
  "read",
  "delivered",
  "typing",
  "sync",
  "subscribe",
  "history",
  "private_dm",
  "ready",
  "message",
  "ack",
];

/** A frame of the protocol with some of its fields wrong, missing or strange. */
export function frames({ you, peer }: Cast, canary: string): fc.Arbitrary<Record<string, unknown>> {
  const field = (...good: readonly unknown[]) =>
    fc.option(
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: hostileValue }),
      { nil: undefined, freq: 6 },
    );
  return fc.record({
    type: fc.oneof(
      { weight: 100, arbitrary: fc.constantFrom(...types) },
      { weight: 8, arbitrary: hostileValue },
      // A token that is none ends the socket.
      { weight: 1, arbitrary: fc.constant("auth") },
    ),
    peer: field(peer, peer, peer, you, "nobody-at-all"),
    id: field("one", "two", "three", "import:1"),
    // A text that is stored would slow the long run down: most are refused for what they answer.
    replyTo: field(4_000_000_000, 1, undefined),
    text: field("hello", "", "x"),
    seq: field(1, 2, 4_000_000_000),
    after: field(0, 1, 4_000_000_000),
    emoji: field("👍", "no", "👨‍👩‍👧"),
    on: field(true, false),
    token: field(canary, `Bearer ${canary}`),
    auth_token: field(canary, null),
    data: field({ a: 1 }, [], { deep: [[[[{}]]]] }),
    peers: field([peer], [], [you, peer]),
    before: field(1, 5),
    limit: field(1, 100, 101),
    content: field("hi"),
    receiver_id: field(peer, 5),
  });
}

/** Frames that belong together: one, or a packet and its bytes. */
export interface Volley {
  readonly frames: readonly Frame[];
  /** Whether its socket may end with it. */
  readonly mayEnd: boolean;
}

const bytes = fc.uint8Array({ maxLength: 64 }).map((drawn) => new Uint8Array(drawn));

/** Close to the limit of a frame. */
const largeBytes = 60_000;

/** What a socket may get: frames, frames cut or bent, JSON, text that is none, and bytes. */
export function volleys(cast: Cast, canary: string): fc.Arbitrary<Volley> {
  return fc.oneof(
    {
      weight: 40,
      arbitrary: texts(cast, canary).map((text) => ({
        frames: [text],
        // A token is judged, and most are none.
        mayEnd: text.includes('"auth"') || Buffer.byteLength(text) > largeBytes,
      })),
    },
    { weight: 1, arbitrary: bytes.map((drawn) => ({ frames: [drawn], mayEnd: false })) },
  );
}

function texts(cast: Cast, canary: string): fc.Arbitrary<string> {
  const whole = frames(cast, canary).map((frame) => JSON.stringify(frame));
  const bent = fc.tuple(whole, fc.nat(), hostileText).map(([text, at, put]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + 1);
  });
  const cut = fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)));
  return fc.oneof(
    { weight: 24, arbitrary: whole },
    { weight: 8, arbitrary: bent },
    { weight: 4, arbitrary: cut },
    { weight: 4, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 4, arbitrary: hostileText },
    {
      weight: 1,
      arbitrary: fc.constantFrom("ping", "[".repeat(30_000), '{"type":"send","data":'.repeat(500)),
    },
  );
}

/** Heads of packets of Engine.IO and Socket.IO, of which most end the session with what follows. */
const heads = "40 41 42 43 44 45 451- 4511- 452- 46 49 4 0 1 2 2probe 3 5 6 b bAA= b!".split(" ");

/** What the parser takes for one. */
const isEventName = (name: unknown) => typeof name === "string" || Number.isFinite(name);

/** Packets of Engine.IO and Socket.IO: events of the vocabularies, with bytes too, other packets, and noise. */
export function packetVolleys(cast: Cast, canary: string): fc.Arbitrary<Volley> {
  const id = fc.option(fc.nat(), { nil: "" as const });
  const event = fc.tuple(frames(cast, canary), id).map(([{ type, ...rest }, number]) => ({
    frames: [`42${number}${JSON.stringify([type, rest])}`],
    mayEnd: !isEventName(type) || type === "auth",
  }));
  const binary = fc.tuple(frames(cast, canary), id, bytes).map(([{ type, ...rest }, number, drawn]) => ({
    frames: [
      `451-${number}${JSON.stringify([type, { ...rest, data: { _placeholder: true, num: 0 } }])}`,
      drawn,
    ],
    mayEnd: !isEventName(type),
  }));
  const noise = fc.oneof(
    fc.tuple(fc.constantFrom(...heads), texts(cast, canary)).map(([head, body]) => head + body),
    hostileText,
    bytes,
  );
  return fc.oneof(
    { weight: 55, arbitrary: event },
    { weight: 5, arbitrary: binary },
    // A new session costs more than a packet.
    { weight: 1, arbitrary: noise.map((drawn) => ({ frames: [drawn], mayEnd: true })) },
  );
}
