import { expect, onTestFinished, test, vi } from "vitest";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import { stubOf } from "./by-hand.ts";
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
  secret,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { interceptSql } from "./object-storage.ts";

/** Stands in every text that these tests send, and in what the platform says when it fails. */
const marker = "sesame-4711";
const platformError = `D1_ERROR: INSERT INTO messages VALUES ('${marker}'): SQLITE_BUSY`;

test("[ER6][HI4] while D1 fails, neither an answer nor a log line carries a token, a text or a statement", async () => {
  const { a, b } = freshUsers();
  const lines = loggedLines();
  onTestFinished(interceptD1(env.DB, failing));
  const one = await connect(a, b);
  expect(await one.say(`${marker} over a socket`)).toMatchObject({ type: "ack", seq: 1 });
  expect((await rest(a, b, "POST", "/messages", { id: "x", text: `${marker} over REST` })).status).toBe(201);
  await stubOf({ a, b }).waitUntilReplicated(2);
  const page = await rest(b, a, "GET", "/messages?before=2");
  expect(await problemTextOf(page, 503)).toContain("archive_unavailable");
  const health = await worker.fetch(`${origin}/health`);
  expectNothingSecret([await health.text()]);
  expect(lines().map((line) => (JSON.parse(line) as { event: string }).event)).toContain(
    "archive_flush_failed",
  );
  expectNothingSecret(lines());
});

const calls = [
  { name: "the summary", method: "GET", path: "" },
  { name: "the newest page", method: "GET", path: "/messages" },
  { name: "an older page", method: "GET", path: "/messages?before=2" },
  { name: "a posted message", method: "POST", path: "/messages", body: { id: "x", text: marker } },
  { name: "a read mark", method: "PUT", path: "/read", body: { seq: 1 } },
] as const;

test.each(calls)(
  "[ER3][ER6] where the conversation throws, $name is 500 internal and nobody reads why",
  async (call) => {
    const { a, b } = freshUsers();
    const lines = loggedLines();
    deployWith({ CONVERSATIONS: throwingConversations() });
    const response = await rest(a, b, call.method, call.path, "body" in call ? call.body : undefined);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await problemTextOf(response, 500)).toContain('"internal"');
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        event: "request_failed",
        object: "door",
        requestId: response.headers.get("x-request-id"),
        method: call.method,
        route: `/v1/conversations/:peer${call.path.replace(/\?.*/, "")}`,
        status: 500,
        code: "internal",
        error: "Error",
      },
    ]);
  },
);

test("[AD6][ER2][ER6] an upgrade whose conversation throws is 500 with a header, else closed with 4500", async () => {
  const { a, b } = freshUsers();
  const lines = loggedLines();
  deployWith({ CONVERSATIONS: throwingConversations() });
  const url = conversationUrl(b, "/socket");
  const headers = { upgrade: "websocket", authorization: `Bearer ${await tokenFor(a)}` };
  await problemTextOf(await worker.fetch(url, { headers }), 500);
  const browser = await worker.fetch(url, { headers: upgradeHeaders(await tokenFor(a)) });
  const { code, reason } = await new Client(socketOf(browser)).closed();
  expect([code, reason]).toEqual([4500, `internal: ${errorCatalogue.internal.title}`]);
  expect(lines()).toHaveLength(2);
  expectNothingSecret(lines());
});

test("[ER6] where the object's own storage fails, no answer, no frame and no line of the Worker's own log says how", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  expect(await one.say("before")).toMatchObject({ type: "ack" });
  await other.first("message");
  const lines = loggedLines();
  // The runtime's own trace of what escapes an object's constructor is not among these lines.
  const undo = await interceptSql(stubOf({ a, b }), () => {
    throw new Error(platformError);
  });
  onTestFinished(undo);
  one.send({ type: "send", id: "y", text: `${marker} over a socket` });
  await one.until(() => one.all("error").length > 0 || one.end !== undefined, "a refusal");
  const posted = await rest(a, b, "POST", "/messages", { id: "x", text: marker });
  expect(await problemTextOf(posted, 500)).toContain('"internal"');
  expect(await problemTextOf(await rest(b, a, "GET", "/messages"), 500)).toContain('"internal"');
  expect(other.all("message")).toHaveLength(1);
  expectNothingSecret([JSON.stringify(one.all("error")), one.end?.reason ?? "", ...lines()]);
  expect(lines().length).toBeGreaterThan(0);
  undo();
  expect(await (await connect(a, b)).say("after", { id: "y", after: 1 })).toMatchObject({
    type: "ack",
    seq: 2,
  });
});

test("[ER6] bad tokens, bodies and frames are not logged: only that a socket came and went", async () => {
  const { a, b } = freshUsers();
  const lines = loggedLines();
  await worker.fetch(conversationUrl(b), { headers: { authorization: `Bearer ${marker}` } });
  await rest(a, b, "POST", "/messages", marker);
  await rest(a, b, "POST", "/messages", { id: "x", text: `${marker}\u0000` });
  const one = await connect(a, b);
  one.sendRaw(marker);
  one.send({ type: "send", id: "x", text: `${marker}\u0000` });
  await one.until(() => one.all("error").length === 2, "both refusals");
  expectNothingSecret(one.all("error").map((error) => JSON.stringify(error)));
  one.send({ type: "auth", token: marker });
  const { code, reason } = await one.closed();
  expect(code).toBe(4401);
  expectNothingSecret([reason]);
  expectNothingSecret(lines());
  const own = stubOf({ a, b }).id.toString();
  expect(
    lines().flatMap((line) => {
      const { event, object, objectId } = JSON.parse(line) as Readonly<Record<string, string>>;
      return object === "door" || objectId === own ? [event] : [];
    }),
  ).toEqual(["socket_opened", "socket_closed"]);
});

/** Everything that is logged from now on, by any level; kept from the terminal until the test is over. */
function loggedLines(): () => string[] {
  const spies = (["debug", "log", "info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  return () => spies.flatMap((spy) => spy.mock.calls.map((values) => values.map(String).join(" ")));
}

function failing(): Promise<never> {
  return Promise.reject(new Error(platformError));
}

/** Conversations of which every use throws, saying what must not be told. */
function throwingConversations(): typeof env.CONVERSATIONS {
  const stub = new Proxy({}, { get: () => failing });
  return { getByName: () => stub } as unknown as typeof env.CONVERSATIONS;
}

/** The text of a refusal, after it was looked at that it is one and tells nothing. */
async function problemTextOf(response: Response, status: number): Promise<string> {
  expect(response.status).toBe(status);
  const text = await response.clone().text();
  expect(await problemOf(response)).toMatchObject({ status });
  expectNothingSecret([text]);
  return text;
}

/** A JWT begins with `eyJ`: the encoded `{"`. */
function expectNothingSecret(told: readonly string[]): void {
  for (const text of told) {
    expect(text).not.toContain(marker);
    expect(text).not.toContain(secret);
    expect(text).not.toContain("eyJ");
    expect(text).not.toMatch(/D1_ERROR|SQLITE|INSERT|SELECT|UPDATE| at .*:\d+/);
  }
}
