import * as fc from "fast-check";
import { operations } from "../../src/contract/openapi.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { enginePaths } from "./answers.ts";
import { frames, hostileNumber, hostileText, hostileValue, type Cast } from "./generators.ts";
import { offerOf } from "./hostiles.ts";
import { bentTokens } from "./token-generators.ts";

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly authorization: string | undefined;
}

export interface Keys {
  readonly token: string;
  readonly adminKey: string;
}

/** Parts of a query that no reader should trust: also encodings that are malformed. */
const hostileQueryValue = fc.oneof(
  hostileNumber.map(String),
  hostileText.map(encodeURIComponentOfAnything),
  fc.constantFrom(
    "",
    "-1",
    "0",
    "1",
    "00",
    "1e3",
    "+1",
    "%20",
    "9".repeat(17),
    "%",
    "%zz",
    "%E0%A4%A",
    "%00",
    "true",
  ),
);

// A lone surrogate has no encoding.
function encodeURIComponentOfAnything(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Names that are known, once, twice or not at all, and names that are not. */
function queryOf(names: readonly string[], good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names, "after") },
    { weight: 1, arbitrary: fc.constantFrom("AFTER", "after[]", "__proto__", "", "%", "a%zz") },
  );
  const value = fc.oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: hostileQueryValue });
  return fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((pairs) =>
      pairs.length === 0 ? "" : `?${pairs.map(([one, other]) => `${one}=${other}`).join("&")}`,
    );
}

const goodCount = fc.constantFrom("0", "1", "2", "5", "50", "true", "false");

/** A parameter: good, strange, left out, or twice. */
function named(name: string, ...good: readonly string[]): fc.Arbitrary<readonly string[]> {
  const known = fc.constantFrom(...good).map((value) => `${name}=${value}`);
  return fc.oneof(
    { weight: 6, arbitrary: known.map((one) => [one]) },
    { weight: 2, arbitrary: hostileQueryValue.map((value) => [`${name}=${value}`]) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: known.map((one) => [one, `${name}=x`]) },
  );
}

/** Engine.IO's own parameters: left out, doubled, of another version, of no session. `sids`: such as were, or could be. */
export function engineQueries(sids: readonly string[]): fc.Arbitrary<string> {
  const sid = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: named("sid", ...sids) },
  );
  return fc
    .tuple(named("EIO", "4", "4", "3"), named("transport", "polling", "websocket"), sid, engineNoise)
    .map(
      ([version, transport, session, noise]) =>
        `?${[...version, ...transport, ...session].join("&")}${noise}`,
    );
}

/** What may stand behind Engine.IO's parameters and changes nothing. */
export const engineNoise = fc.constantFrom(
  "",
  "",
  "&t=Pq1x",
  "&b64=1",
  "&j=0",
  "&t=%",
  "&x=%E0%A4%A",
  "&EIO=3",
  "&sid=x",
  "&=&&",
);

const methods = ["GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Requests: those of the contract with strange parts, queries, bodies and tokens, of Engine.IO, and to made-up addresses. */
export function requests(cast: Cast, keys: Keys, sids: readonly string[]): fc.Arbitrary<FuzzedRequest> {
  const body = bodies(cast, keys.token);
  const engine = fc.tuple(fc.constantFrom(...enginePaths), fc.constantFrom("", "/"), engineQueries(sids));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...operations).chain((operation) => requestsOf(operation, cast, keys)),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        method: fc.constantFrom(...methods),
        path: engine.map((parts) => parts.join("")),
        body,
        authorization: authorizations(keys, "user"),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        method: fc.constantFrom(...methods),
        path: fc
          .tuple(addresses(cast), queryOf(["before", "limit"], goodCount))
          .map((parts) => parts.join("")),
        body,
        authorization: authorizations(keys, "user"),
      }),
    },
  );
}

function requestsOf(operation: Operation, cast: Cast, keys: Keys): fc.Arbitrary<FuzzedRequest> {
  const { method, path, access, query, body } = operation;
  const parts = path
    .split("/")
    .map((segment) => (segment.startsWith("{") ? parameters(segment, cast) : fc.constant(segment)));
  const names = query === undefined ? [] : Object.keys(query.shape);
  return fc.record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant(method.toUpperCase()) },
      { weight: 1, arbitrary: fc.constantFrom(...methods) },
    ),
    path: fc
      .tuple(fc.tuple(...parts), queryOf(names, goodCount))
      .map(([segments, search]) => segments.join("/") + search),
    body:
      body === undefined
        ? fc.constant(undefined)
        : fc.oneof(bentExamples(body.examples), bodies(cast, keys.token)),
    authorization: authorizations(keys, access),
  });
}

function parameters(segment: string, { you, peer }: Cast): fc.Arbitrary<string> {
  const good = { "{seq}": ["1", "2", "3"], "{emoji}": ["%F0%9F%91%8D", "no"] }[segment] ?? [peer, peer, you];
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.oneof(hostileQueryValue, fc.webSegment()) },
  );
}

/** The contract's own bodies, with a field wrong, missing or too many. */
function bentExamples(examples: NonNullable<Operation["body"]>["examples"]): fc.Arbitrary<string> {
  return fc.constantFrom(...Object.values(examples)).chain(({ value }) => {
    const names = [...Object.keys(value as object), "extra"];
    const change = fc.tuple(fc.constantFrom(...names), fc.option(hostileValue, { nil: undefined }));
    return fc
      .option(change, { nil: ["extra", undefined] as const })
      .map(([name, put]) => JSON.stringify({ ...(value as object), [name]: put }));
  });
}

function bodies(cast: Cast, token: string): fc.Arbitrary<string | undefined> {
  return fc.option(
    fc.oneof(
      frames(cast, token).map((frame) => JSON.stringify(frame)),
      fc.json(),
      hostileText,
      fc.constant("[".repeat(60_000)),
    ),
    { nil: undefined },
  );
}

function authorizations(
  { token, adminKey }: Keys,
  access: Operation["access"],
): fc.Arbitrary<string | undefined> {
  const [own, other] = access === "admin" ? [adminKey, token] : [token, adminKey];
  return fc
    .option(
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(own) },
        { weight: 1, arbitrary: fc.constant(other) },
        { weight: 1, arbitrary: bentTokens(token) },
      ),
      { nil: undefined, freq: 12 },
    )
    .map((key) => (key === undefined ? undefined : `Bearer ${key}`));
}

const segments =
  "v1 conversations messages read block reactions users me presence admin import verify api chats socket socket.io ws sockets.io health".split(
    " ",
  );

function addresses({ you, peer }: Cast): fc.Arbitrary<string> {
  const part = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...segments) },
    { weight: 3, arbitrary: fc.constantFrom(peer, you, "1", "2", "%F0%9F%91%8D", "%", "%2e%2e", "") },
    { weight: 1, arbitrary: fc.webSegment() },
  );
  return fc.array(part, { maxLength: 7 }).map((parts) => `/${parts.join("/")}`);
}

const offered = (token: string) => offerOf(token).join(", ");

export interface FuzzedUpgrade {
  readonly path: string;
  readonly protocols: string | undefined;
  readonly authorization: string | undefined;
}

/** Upgrades with every kind of query, to sockets and to sessions, with tokens in either place. */
export function upgrades({ peer }: Cast, keys: Keys, sids: readonly string[]): fc.Arbitrary<FuzzedUpgrade> {
  const name = parameters("{peer}", { you: "nobody", peer });
  const v1 = fc.tuple(
    fc.oneof(
      name.map((one) => `/v1/conversations/${one}/socket`),
      fc.constant("/v1/socket"),
    ),
    queryOf(["after", "after", "token"], goodCount),
  );
  const engine = fc.tuple(fc.constantFrom(...enginePaths.map((path) => `${path}/`)), engineQueries(sids));
  return fc.record({
    path: fc
      .oneof({ weight: 2, arbitrary: v1 }, { weight: 1, arbitrary: engine })
      .map((parts) => parts.join("")),
    protocols: fc.oneof(
      { weight: 6, arbitrary: fc.constant(offered(keys.token)) },
      { weight: 1, arbitrary: bentTokens(keys.token).map(offered) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, "chat", ", ,", `bearer.${keys.token}`) },
    ),
    authorization: fc.option(authorizations(keys, "user"), { nil: undefined, freq: 2 }),
  });
}
