import { expect, test } from "vitest";
import { operations } from "../../src/contract/openapi.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { clientFrameSchema } from "../../src/protocol/client-frame.ts";
import { inboxClientFrameSchema } from "../../src/protocol/inbox-frame.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import { historyEventSchema, privateDmSchema } from "../../src/protocol/socket-io-events.ts";
import { controlledClock, deployWith, freshUsers, rest, tokenFor, tokenWith, nowSeconds } from "./clients.ts";
import { talkerOn } from "./ways-in-talkers.ts";
import { requestOf } from "./example-requests.ts";
import { adminKey } from "./users.ts";
import { nothing, waysIn, type WayIn } from "./ways-in.ts";

/** A use more often than any allowance of these tests allows at once. */
const burst = 130;
/** Over the size of every body and frame. */
const oversized = "x".repeat(1_100_000);

const inRest = waysIn.filter(({ kind }) => kind === "REST");
/** Those of a session itself are in ways-in-sessions.test.ts. */
const inFrames = waysIn.filter(({ kind }) => kind !== "REST" && kind !== "Socket.IO session");

test("the threat model's table of ways in has every route, frame and event, each once", () => {
  const inbox = typesOf(inboxClientFrameSchema);
  const events = [...inbox, historyEventSchema.shape.type.value, privateDmSchema.shape.type.value];
  const expected = [
    ...operations.map(({ method, path }) => `REST ${method.toUpperCase()} ${path}`),
    ...typesOf(clientFrameSchema).map((type) => `conversation socket ${type}`),
    ...inbox.map((type) => `inbox socket ${type}`),
    ...events.map((type) => `Socket.IO ${type}`),
    ...["handshake", "poll", "post", "upgrade", "CONNECT"].map((name) => `Socket.IO session ${name}`),
  ];
  const listed = waysIn.map(({ kind, name }) => `${kind} ${name}`);
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

test.each(asked(inRest, "expiry"))("[AD4][US4] REST $name without a good token: $expiry", async (way) => {
  const { b } = freshUsers();
  deployWith({ ADMIN_KEY: adminKey });
  const token = await tokenWith({ sub: "alice", exp: nowSeconds() - 60 });
  expect(await codeOf(await request(way, b, token))).toBe(way.expiry);
});

test.each(inRest)("[ER3] REST $name from an address over its limit is refused", async (way) => {
  const { a, b } = freshUsers();
  deployWith({ ADDRESS_LIMIT: { limit: async () => ({ success: false }) } });
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  expect(await codeOf(await request(way, b, await tokenFor(a), { headers }))).toBe("rate_limited");
});

test.each(inRest.filter(({ allowance }) => allowance !== "address"))(
  "[SE9] REST $name in a burst: $allowance",
  async (way) => {
    deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "2" });
    const { a, b } = freshUsers();
    await rest(a, b, "POST", "/messages", { id: "first", text: "first" });
    const token = await tokenFor(a);
    const codes = new Set<string>();
    for (let nth = 0; nth < 20 && !codes.has(way.allowance); nth += 1) {
      codes.add(await codeOf(await request(way, b, token)));
    }
    expect(codes).toContain(way.allowance);
  },
);

test.each(asked(inRest, "block"))("[BL2] REST $name of a blocked user: $block", async (way) => {
  const { a, b } = await blocked();
  expect(await codeOf(await request(way, b, await tokenFor(a)))).toBe(way.block);
});

test.each(asked(inRest, "size"))("[ER5] REST $name with a body that is too large: $size", async (way) => {
  deployWith({ ADMIN_KEY: adminKey });
  const { a, b } = freshUsers();
  const sent = { body: JSON.stringify({ oversized }) };
  expect(await codeOf(await request(way, b, await tokenFor(a), sent))).toBe(way.size);
});

test.each(inFrames)("[SO5] $kind $name with an expired token: $expiry", async (way) => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  await rest(a, b, "POST", "/messages", { id: "first", text: "first" });
  const renewal = await tokenWith({ sub: a, exp: nowSeconds() - 60 });
  const talker = await talkerOn(way.kind, { user: a, peer: b, renewal }, 60);
  passSeconds(120);
  talker.send(way.name);
  expect(await talker.end()).toBe(way.expiry);
});

test.each(inFrames)(
  "[SE9][IN11][SI8] $kind $name in a burst: $allowance",
  { timeout: 30_000 },
  async (way) => {
    deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "2" });
    const { a, b } = freshUsers();
    await rest(a, b, "POST", "/messages", { id: "first", text: "first" });
    const talker = await talkerOn(way.kind, { user: a, peer: b });
    for (let nth = 0; nth < burst; nth += 1) {
      talker.send(way.name);
    }
    expect(await talker.refusal(way.allowance)).toBe(way.allowance);
  },
);

test.each(asked(inFrames, "block"))("[BL2] $kind $name of a blocked user: $block", async (way) => {
  const { a, b } = await blocked();
  const talker = await talkerOn(way.kind, { user: a, peer: b });
  talker.send(way.name);
  expect(await talker.refusal(way.block)).toBe(way.block);
});

test.each(inFrames)("[ER5][EN8] $kind $name that is too large: $size", async (way) => {
  const { a, b } = freshUsers();
  const talker = await talkerOn(way.kind, { user: a, peer: b });
  talker.send(way.name, { oversized: oversized.slice(0, 70_000) });
  expect(await talker.end()).toBe(way.size);
});

function typesOf(schema: {
  readonly options: readonly { readonly shape: { readonly type: { readonly value: string } } }[];
}): string[] {
  return schema.options.map(({ shape }) => shape.type.value);
}

function asked(ways: readonly WayIn[], question: "expiry" | "block" | "size"): readonly WayIn[] {
  return ways.filter((way) => way[question] !== nothing);
}

/** Bob blocks Alice, whose first message is there. */
async function blocked(): Promise<{ a: string; b: string }> {
  const users = freshUsers();
  const { a, b } = users;
  expect((await rest(a, b, "POST", "/messages", { id: "first", text: "first" })).status).toBe(201);
  expect((await rest(b, a, "PUT", "/block")).status).toBe(200);
  return users;
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The request of a row, as its example in the contract is. */
async function request({ name }: WayIn, peer: string, token: string, sent: Asked = {}): Promise<Response> {
  const operation = operations.find(({ method, path }) => `${method.toUpperCase()} ${path}` === name);
  if (operation === undefined) {
    throw new Error(`the contract has no ${name}`);
  }
  const isAdmin = operation.access === "admin" && sent.headers === undefined && sent.body !== undefined;
  const authorization = `Bearer ${isAdmin ? adminKey : token}`;
  return requestOf(operation, {
    peer,
    headers: { authorization, ...sent.headers },
    body: sent.body ?? bodyOf(operation, peer),
  });
}

function bodyOf({ path, body }: Operation, peer: string): string | undefined {
  if (path === "/api/chats") {
    return JSON.stringify({ receiver_id: peer, content: "hello" });
  }
  const [example] = Object.values(body?.examples ?? {});
  if (typeof example?.value !== "object" || example.value === null) {
    return undefined;
  }
  // Not a repeat of what was sent before, and not an edit that found a newer one.
  return JSON.stringify({
    ...example.value,
    ...("text" in example.value && { id: crypto.randomUUID(), after: 0 }),
  });
}

async function codeOf(response: Response): Promise<string> {
  return response.status < 400 ? String(response.status) : problemSchema.parse(await response.json()).code;
}
