import { evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { requestIdHeader } from "../../src/protocol/rest.ts";
import {
  Client,
  connect,
  conversationUrl,
  deployWith,
  env,
  freshUsers,
  origin,
  problemOf,
  rest,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { connectInbox, InboxClient, inboxUrl } from "./inbox-client.ts";
import { logged } from "./logged.ts";
import { SocketIoClient } from "./socket-io-client.ts";
import { conversationOf } from "./stored.ts";

/** Deploys with a dataset that keeps what is written to it: [counter, what, value] of each point. */
function counted(): () => readonly (readonly [string, string, number])[] {
  const points: AnalyticsEngineDataPoint[] = [];
  deployWith({ METRICS: { writeDataPoint: (point) => void points.push(point ?? {}) } });
  return () =>
    points.map(({ blobs = [], doubles = [] }) => [textOf(blobs[0]), textOf(blobs[2]), Number(doubles[0])]);
}

function textOf(blob: unknown): string {
  return typeof blob === "string" ? blob : "";
}

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

test("[OP2] every answer names its request, a refusal in its body too", async () => {
  const { a, b } = freshUsers();
  const page = await rest(a, b, "GET", "/messages");
  expect([page.status, page.headers.get(requestIdHeader)]).toEqual([200, expect.stringMatching(uuid)]);
  const answers = [
    await rest(a, a, "GET", "/messages"),
    await rest(a, b, "PATCH"),
    await worker.fetch(conversationUrl(b)),
    await worker.fetch(`${origin}/v1/nothing`),
  ];
  const named = await Promise.all(
    answers.map(async (answer) => [answer.headers.get(requestIdHeader), (await problemOf(answer)).requestId]),
  );
  expect(named.every(([header, inBody]) => header === inBody && uuid.test(header ?? ""))).toBe(true);
  expect(new Set(named.flat()).size).toBe(answers.length);
});

async function idOf(ray: string): Promise<string | null> {
  const answer = await worker.fetch(`${origin}/health`, { headers: { "cf-ray": ray } });
  return answer.headers.get(requestIdHeader);
}

test("[OP2] a request is called what Cloudflare calls it, and nothing else that a client may write", async () => {
  const ray = "9a3f0c5d7e21b846-FRA";
  expect(await idOf(ray)).toBe(ray);
  expect(await idOf("alice@example.com")).toMatch(uuid);
  expect(await idOf(`${ray}\tand more`)).toMatch(uuid);
});

test("[OP2][AD8] a page of another origin may read it", async () => {
  deployWith({ ALLOWED_ORIGINS: "https://app.example" });
  const headers = { origin: "https://app.example" };
  for (const path of ["/health", "/socket.io/?EIO=4&transport=polling"]) {
    const answer = await worker.fetch(origin + path, { headers });
    expect(answer.headers.get("access-control-expose-headers")?.toLowerCase()).toContain(requestIdHeader);
    expect(answer.headers.get(requestIdHeader)).toMatch(uuid);
  }
});

test.each([
  {
    object: "conversation",
    url: (peer: string) => conversationUrl(peer, "/socket"),
    ready: (socket: WebSocket) => new Client(socket).first("ready"),
  },
  {
    object: "inbox",
    url: () => inboxUrl,
    ready: (socket: WebSocket) => new InboxClient(socket).first("ready"),
  },
])(
  "[OP2][OP3] a socket of the $object is called the same in its upgrade, its ready and the log",
  async (way) => {
    const { a, b } = freshUsers();
    const { lines } = logged();
    const answer = await worker.fetch(way.url(b), { headers: upgradeHeaders(await tokenFor(a)) });
    const requestId = answer.headers.get(requestIdHeader);
    const socket = socketOf(answer);
    const ready = await way.ready(socket);
    expect([ready.requestId, requestId]).toEqual([requestId, expect.stringMatching(uuid)]);
    socket.close(4711);
    await expect.poll(() => lines().map(({ event }) => event)).toContain("socket_closed");
    const { object } = way;
    const objectId = (
      object === "inbox" ? env.INBOXES.idFromName(a) : env.CONVERSATIONS.idFromName(JSON.stringify([a, b]))
    ).toString();
    const own = lines().filter((line) => line["requestId"] === requestId);
    expect(own).toEqual([
      { event: "socket_opened", object, objectId, requestId, sockets: 1 },
      {
        event: "socket_closed",
        object,
        objectId,
        requestId,
        code: 4711,
        by: "client",
        openMs: expect.any(Number),
        sockets: 0,
      },
    ]);
  },
);

test("[OP2][AD6] a refused upgrade that can only close names its request as well", async () => {
  const { b } = freshUsers();
  const answer = await worker.fetch(conversationUrl(b, "/socket"), { headers: upgradeHeaders("no token") });
  expect(answer.headers.get(requestIdHeader)).toMatch(uuid);
  expect((await new Client(socketOf(answer)).closed()).code).toBe(4401);
});

test("[OP3] a socket that the server closes is logged once, with the server's code", async () => {
  const { a, b } = freshUsers();
  const { lines } = logged();
  const client = await connect(a, b);
  client.send({ type: "auth", token: "not one" });
  await client.closed();
  const closed = () => lines().filter(({ event }) => event === "socket_closed");
  await expect.poll(closed).toMatchObject([{ code: 4401, by: "server", sockets: 0 }]);
  await connect(a, b);
  expect(closed()).toHaveLength(1);
});

test("[OP2][OP3] a socket keeps its name while its object sleeps", async () => {
  const { a, b } = freshUsers();
  const { lines } = logged();
  const client = await connect(a, b);
  const { requestId } = await client.first("ready");
  await evictDurableObject(conversationOf(env, a, b));
  client.close(1000);
  const closed = () => lines().filter(({ event }) => event === "socket_closed");
  await expect.poll(closed).toMatchObject([{ requestId, code: 1000, by: "client", sockets: 0 }]);
});

test("[OP3][OP4] a Socket.IO session is called what its client knows, and its id is in no line", async () => {
  const { a } = freshUsers();
  const { lines, text } = logged();
  const token = await tokenFor(a);
  const answer = await worker.fetch(`${origin}/socket.io/?EIO=4&transport=websocket`, {
    headers: { upgrade: "websocket" },
  });
  const requestId = answer.headers.get(requestIdHeader);
  const client = new SocketIoClient(socketOf(answer));
  const sid = await client.sid();
  client.send(`40${JSON.stringify({ token })}`);
  const { sid: socketId } = JSON.parse((await client.packet("40")).slice(2)) as { sid: string };
  await client.event("ready");
  expect(await client.call("private_dm", { content: "sesame", receiver_id: a })).not.toEqual([]);
  client.close();
  await expect.poll(() => lines().map(({ event }) => event)).toContain("session_ended");
  const session = { object: "session", objectId: sid.slice(0, 16), requestId };
  expect(lines().filter(({ object }) => object === "session")).toEqual([
    { event: "session_opened", ...session, transport: "websocket", sockets: 1 },
    { event: "session_joined", ...session, socketId },
    { event: "session_ended", ...session, sockets: 0 },
  ]);
  for (const secret of [sid, token, a, "sesame"]) {
    expect(text()).not.toContain(secret);
  }
});

test("[OP3][OP4] while D1 is away each failure is a line, with the id that the client was told", async () => {
  const [{ a, b }, { lines, text }] = [freshUsers(), logged()];
  const inbox = await connectInbox(a);
  const { requestId } = await inbox.first("ready");
  const conversation = await connect(a, b);
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  inbox.send({ type: "subscribe", peers: [b] });
  await inbox.first("error");
  expect(await conversation.say("sesame")).toMatchObject({ type: "ack" });
  await expect.poll(() => lines().map(({ event }) => event)).toContain("archive_flush_failed");
  const code = "archive_unavailable";
  expect(lines().filter(({ event }) => event === "frame_failed")).toMatchObject([
    { object: "inbox", requestId, code },
  ]);
  expect(lines().filter(({ event }) => event === "archive_flush_failed")).toMatchObject([
    { object: "conversation", fault: "unavailable", lag: 1, failingMs: 0 },
  ]);
  for (const secret of ["sesame", a, b, "eyJ"]) {
    expect(text()).not.toContain(secret);
  }
  faulty.mode = "well";
  expect(await conversation.say("and back")).toMatchObject({ type: "ack" });
  await expect.poll(() => lines().map(({ event }) => event)).toContain("archive_recovered");
});

test("[OP3] a conversation that could not ask D1 since it woke up does not guess how much D1 lacks", async () => {
  const { a, b } = freshUsers();
  for (const id of ["1", "2", "3"]) {
    await rest(a, b, "POST", "/messages", { id, text: id });
  }
  const stub = conversationOf(env, a, b);
  await stub.waitUntilReplicated(3);
  await evictDurableObject(stub);
  const points = counted();
  const log = logged();
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  await rest(a, b, "POST", "/messages", { id: "4", text: "4" });
  expect(await log.said("archive_flush_failed")).not.toHaveProperty("lag");
  expect(points()).toContainEqual(["archive", "unavailable", -1]);
});

test.each([
  { LOG_LINES: "all", written: ["object_woken", "socket_opened", "socket_closed"] },
  { LOG_LINES: "steps", written: ["socket_opened", "socket_closed"] },
  { LOG_LINES: "", written: ["socket_opened", "socket_closed"] },
  { LOG_LINES: "failures", written: [] },
])("[OP3] LOG_LINES=$LOG_LINES writes $written", async ({ LOG_LINES, written }) => {
  deployWith({ LOG_LINES });
  const { a, b } = freshUsers();
  const { lines } = logged();
  const client = await connect(a, b);
  client.send({ type: "auth", token: "not one" });
  await client.closed();
  const own = env.CONVERSATIONS.idFromName(JSON.stringify([a, b])).toString();
  expect(lines().flatMap(({ event, objectId }) => (objectId === own ? [event] : []))).toEqual(written);
});

test("[OP5] sockets and refused frames are counted where a dataset is bound, refusals of a code together", async () => {
  const points = counted();
  const { a, b } = freshUsers();
  const client = await connect(a, b);
  for (let times = 1; times <= 3; times += 1) {
    client.sendRaw("no frame");
  }
  client.send({ type: "read", seq: 7 });
  await client.until(() => client.all("error").length === 4, "all refusals");
  expect(points()).toEqual([
    ["sockets", "opened", 1],
    ["refused", "bad_frame", 1],
    ["refused", "out_of_range", 1],
  ]);
  client.send({ type: "auth", token: "not one" });
  await client.closed();
  expect(points().slice(3)).toEqual([
    ["sockets", "4401", 0],
    ["refused", "bad_frame", 2],
  ]);
});

test("[OP5] refused requests are counted at the door, failed flushes and the lag behind them in the conversation", async () => {
  const points = counted();
  const { a, b } = freshUsers();
  await rest(a, a, "GET", "/messages");
  expect(points()).toEqual([["refused", "bad_peer", 1]]);
  await rest(a, b, "POST", "/messages", { id: "0", text: "zero" });
  await conversationOf(env, a, b).waitUntilReplicated(1);
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  await rest(a, b, "POST", "/messages", { id: "1", text: "one" });
  await expect.poll(() => points()).toContainEqual(["archive", "unavailable", 1]);
  faulty.mode = "well";
  await expect.poll(() => points()).toContainEqual(["archive", "recovered", 0]);
});

test("[OP5] an address that is none and a session that a foreign page asks for are counted refusals", async () => {
  const points = counted();
  expect((await worker.fetch(`${origin}/v2/nothing`)).status).toBe(404);
  const foreign = { headers: { origin: "https://elsewhere.example" } };
  expect((await worker.fetch(`${origin}/socket.io/?EIO=4&transport=polling`, foreign)).status).toBe(403);
  expect(points()).toEqual([
    ["refused", "not_found", 1],
    ["refused", "origin_refused", 1],
  ]);
});

test("[OP5] a dataset that takes no more changes nothing for anybody", async () => {
  const writeDataPoint = vi.fn<() => void>(() => {
    throw new Error("too many data points");
  });
  deployWith({ METRICS: { writeDataPoint } });
  const { a, b } = freshUsers();
  const client = await connect(a, b);
  client.sendRaw("no frame");
  await client.first("error");
  expect(await client.say("all the same")).toMatchObject({ type: "ack" });
  expect((await rest(a, a, "GET", "/messages")).status).toBe(400);
  expect(writeDataPoint).toHaveBeenCalledTimes(3);
});
