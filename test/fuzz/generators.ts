import * as fc from "fast-check";

/** Who the frames are about: the other user, oneself, nobody, and what is no id. */
export interface Cast {
  readonly you: string;
  readonly peer: string;
}

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
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
const hostileNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-1, 0, 1, 2, 0.5, 2 ** 31, 2 ** 53, 1e308, Number.MAX_SAFE_INTEGER),
);
const hostileValue = fc.oneof(
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

/** Text that a socket may get: frames, frames cut or bent, JSON, and none. */
export function texts(cast: Cast, canary: string): fc.Arbitrary<string> {
  const whole = frames(cast, canary).map((frame) => JSON.stringify(frame));
  const bent = fc.tuple(whole, fc.nat(), hostileText).map(([text, at, put]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + 1);
  });
  const cut = fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)));
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 2, arbitrary: bent },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 1, arbitrary: hostileText },
    {
      weight: 1,
      arbitrary: fc.constantFrom("ping", "[".repeat(30_000), '{"type":"send","data":'.repeat(500)),
    },
  );
}

/** Packets of Engine.IO and Socket.IO: events of the vocabularies, other packets, and noise. */
export function packets(cast: Cast, canary: string): fc.Arbitrary<string> {
  const event = fc
    .tuple(frames(cast, canary), fc.option(fc.nat(), { nil: "" }))
    .map(([{ type, ...rest }, id]) => `42${id}${JSON.stringify([type, rest])}`);
  const packet = fc
    .tuple(
      fc.constantFrom(
        "40",
        "41",
        "42",
        "43",
        "44",
        "45",
        "451-",
        "4511-",
        "46",
        "49",
        "4",
        "3",
        "6",
        "2",
        "5",
        "b",
      ),
      texts(cast, canary),
    )
    .map(([head, body]) => head + body);
  return fc.oneof(
    // Most of what is no event ends the session.
    { weight: 60, arbitrary: event },
    { weight: 1, arbitrary: packet },
    { weight: 1, arbitrary: hostileText },
  );
}

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly authorization: string | undefined;
}

const segments = [
  "v1",
  "conversations",
  "messages",
  "read",
  "block",
  "reactions",
  "users",
  "me",
  "presence",
  "admin",
  "import",
  "verify",
  "api",
  "chats",
  "socket",
  "socket.io",
  "ws",
  "sockets.io",
  "health",
];

/** Requests: real addresses with strange parts, queries, bodies and tokens. */
export function requests(
  { you, peer }: Cast,
  { token, adminKey }: { token: string; adminKey: string },
): fc.Arbitrary<FuzzedRequest> {
  const part = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...segments) },
    { weight: 3, arbitrary: fc.constantFrom(peer, you, "1", "2", "%F0%9F%91%8D", "%", "%2e%2e", "") },
    { weight: 1, arbitrary: fc.webSegment() },
  );
  const known = fc.constantFrom(
    `/v1/conversations/${peer}/messages`,
    `/v1/conversations/${peer}`,
    `/v1/conversations/${peer}/read`,
    `/v1/conversations`,
    `/v1/users/${peer}`,
    "/v1/me/presence",
    "/v1/admin/import",
    "/v1/admin/conversations/verify",
    `/api/chats/me/${peer}`,
    "/api/chats",
    "/socket.io/",
    "/ws/sockets.io",
  );
  const query = fc.oneof(
    { weight: 2, arbitrary: fc.constant("") },
    { weight: 2, arbitrary: fc.webQueryParameters().map((text) => `?${text}`) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            "after",
            "before",
            "limit",
            "rev",
            "cursor",
            "changedSince",
            "archived",
            "EIO",
            "transport",
            "sid",
          ),
          fc.oneof(
            hostileNumber.map(String),
            fc.constantFrom("4", "polling", "websocket", "true", ""),
            fc.webSegment(),
          ),
        )
        .map(([name, value]) => `?EIO=4&transport=polling&${name}=${value}`),
    },
  );
  return fc.record({
    method: fc.constantFrom("GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    path: fc
      .tuple(
        fc.oneof(
          { weight: 2, arbitrary: known },
          { weight: 1, arbitrary: fc.array(part, { maxLength: 7 }).map((parts) => `/${parts.join("/")}`) },
        ),
        query,
      )
      .map(([path, search]) => path + search),
    body: fc.option(
      fc.oneof(
        frames({ you, peer }, token).map((frame) => JSON.stringify(frame)),
        fc.json(),
        hostileText,
        fc.constant("[".repeat(60_000)),
      ),
      { nil: undefined },
    ),
    authorization: fc.option(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(`Bearer ${token}`) },
        { weight: 1, arbitrary: fc.constant(`Bearer ${adminKey}`) },
        { weight: 2, arbitrary: bentTokens(token).map((text) => `Bearer ${text}`) },
      ),
      { nil: undefined },
    ),
  });
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Tokens that are almost one: a character changed, a part exchanged, another algorithm named. */
export function bentTokens(token: string): fc.Arbitrary<string> {
  const [head = "", claims = "", signature = ""] = token.split(".");
  return fc.oneof(
    // Within the claims, where every bit of a character counts.
    fc
      .nat(claims.length - 5)
      .map(
        (at) =>
          `${head}.${claims.slice(0, at)}${claims[at] === "A" ? "B" : "A"}${claims.slice(at + 1)}.${signature}`,
      ),
    fc
      .constantFrom("none", "HS512", "RS256", "", null)
      .map((alg) => `${encode({ alg, typ: "JWT" })}.${claims}.${signature}`),
    fc.jsonValue().map((value) => `${head}.${encode(value)}.${signature}`),
    fc.constantFrom("", ".", "..", `${head}.${claims}.`, claims, "x.y.z"),
    fc.base64String().map((text) => `${head}.${claims}.${text.replaceAll(/[^\w-]/g, "")}x`),
  );
}
