import { afterEach, expect, test } from "vitest";
import { problemSchema } from "../../src/protocol/problem.ts";
import type { Message } from "../../src/protocol/message.ts";
import { pageSchema, sendAnswerSchema } from "../../src/protocol/rest.ts";
import { env } from "./clients.ts";
import { faultyD1, type D1Mode, type FaultyD1 } from "./faulty-d1.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { archived } from "./stored.ts";

const archivedCount = 12;
const count = 24;
const limit = 5;

let faulty: FaultyD1 | undefined;

afterEach(() => {
  faulty?.restore();
});

/** A page as a client asks for it. */
interface Asked {
  readonly before?: number;
  readonly after?: number;
  readonly rev?: number;
}

test.each<D1Mode>(["well", "slow", "flaky", "down", "hanging"])(
  "[HI1][HI2][HI3][HI4] while D1 is %s each page of a half-archived conversation is whole, or an honest 503",
  { timeout: 60_000 },
  async (mode) => {
    const pair = pairUnderTest();
    const messages = await sendMany(pair, 1, archivedCount);
    await archived(env, ...pair.users, archivedCount);
    faulty = faultyD1(env.DB, mode, 11);
    messages.push(...(await sendMany(pair, archivedCount + 1, count)));
    const answers = await Promise.all(
      everyPage().map(async (asked) => ({ asked, response: await getPage(pair, asked) })),
    );
    expect(answers.filter(({ response }) => response.status === 200).length).toBeGreaterThan(0);
    for (const { asked, response } of answers) {
      if (response.status === 200) {
        expectPage(pageSchema.parse(await response.json()), asked, messages);
      } else {
        expectHonestRefusal(response, problemSchema.parse(await response.json()), asked, mode);
      }
    }
  },
);

test("[AR1][HI4] while D1 is down only the newest page comes, and afterwards every older one", async () => {
  const pair = pairUnderTest();
  faulty = faultyD1(env.DB, "down", 1);
  const messages = await sendMany(pair, 1, 7);
  const statusOf = async (asked: Asked) => (await getPage(pair, asked)).status;
  expect(await statusOf({})).toBe(200);
  expect(await statusOf({ before: 8 })).toBe(200);
  expect(await statusOf({ before: 7 })).toBe(503);
  expect(await statusOf({ after: 1 })).toBe(503);
  expect(await statusOf({ after: 2 })).toBe(200);
  expect(await statusOf({ after: 7 })).toBe(200);
  expect(await statusOf({ after: 8 })).toBe(200);
  faulty.mode = "well";
  // The archive still has nothing: the record must complete the page.
  const older = pageSchema.parse(await (await getPage(pair, { before: 7 })).json());
  expect(older.messages).toEqual(messages.slice(1, 6));
  const newer = pageSchema.parse(await (await getPage(pair, { after: 1 })).json());
  expect(newer.messages).toEqual(messages.slice(1, 6));
});

/** Every boundary, one past both ends, with each cursor a client may hold. */
function everyPage(): Asked[] {
  const befores = Array.from({ length: count + 2 }, (_, index) => index + 1);
  const revs = [undefined, archivedCount, count];
  const withRev = (asked: Asked) => revs.map((rev) => (rev === undefined ? asked : { ...asked, rev }));
  const afters = [0, ...befores];
  return [
    ...withRev({}),
    ...befores.flatMap((before) => withRev({ before })),
    ...afters.flatMap((after) => withRev({ after })),
  ];
}

function getPage({ call, users }: PairUnderTest, asked: Asked): Promise<Response> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(asked)) {
    query.set(name, String(value));
  }
  return call(users[0], "GET", `/messages?${query.toString()}`);
}

function expectPage(page: ReturnType<typeof pageSchema.parse>, asked: Asked, messages: readonly Message[]) {
  const { before = count + 1, after } = asked;
  const end = Math.min(after === undefined ? before - 1 : after + limit, count);
  const start = after ?? Math.max(0, end - limit);
  expect(page.messages).toEqual(messages.slice(start, end));
  expect(page.hasMore).toBe(after === undefined ? start > 0 : end < page.head);
  expect(page.rev).toBeGreaterThanOrEqual(asked.rev ?? count);
  expect(page.head).toBe(page.rev);
}

function expectHonestRefusal(
  response: Response,
  problem: ReturnType<typeof problemSchema.parse>,
  { before, after }: Asked,
  mode: D1Mode,
) {
  expect(["flaky", "down", "hanging"]).toContain(mode);
  const hasNewest = after === undefined ? (before ?? count + 1) > count : after + limit >= count;
  expect(hasNewest).toBe(false);
  expect(problem).toMatchObject({ status: 503, code: "archive_unavailable" });
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
}

async function sendMany(pair: PairUnderTest, first: number, last: number): Promise<Message[]> {
  const sent: Message[] = [];
  for (let nth = first; nth <= last; nth += 1) {
    const user = pair.users[nth % 2 === 0 ? 0 : 1];
    const response = await pair.call(user, "POST", "/messages", { id: `id-${nth}`, text: `text ${nth}` });
    sent.push(sendAnswerSchema.parse(await response.json()).message);
  }
  return sent;
}
