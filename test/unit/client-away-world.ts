import { emptyList, message, nextSocket, summary, worldOf, type World } from "./fake-server.ts";

const startMs = 1_800_000_000_000;
/** The server's clock is an hour behind the device's. */
export const serverMs = (afterStartMs: number) => startMs - 3_600_000 + afterStartMs;
export const listAt = (atMs: number, conversations: readonly object[] = []) => ({
  ...emptyList,
  conversations,
  position: serverMs(atMs),
});

/** Eve's messages from `from` to `to`, one for each millisecond after the start. */
export const messagesOfEve = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const seq = from + index;
    return message(seq, { author: "eve", createdAt: serverMs(seq) });
  });

export const summaryOfEve = (head: number, more: object = {}) =>
  summary("eve", head, { last: { author: "eve", text: "", createdAt: serverMs(head) }, ...more });

export const reported = (world: World) =>
  world.events.message.map(
    ({ peer, isNew, message: { seq } }) => `${peer} ${isNew ? "new" : "changed"} ${seq}`,
  );

/** Answers requests for pages of Eve's conversation from these messages. */
export function answerPages(
  world: World,
  messages: readonly { seq: number; rev: number }[],
  rev: number,
): void {
  world.answers.set("GET /v1/conversations/eve/messages", () => {
    const query = new URLSearchParams(world.requests.at(-1)?.split("?")[1]);
    const before = Number(query.get("before") ?? Infinity);
    const below = messages.filter(({ seq }) => seq < before);
    const page = below.slice(-Number(query.get("limit")));
    const head = messages.at(-1)?.seq ?? 0;
    return { status: 200, body: { messages: page, hasMore: below.length > page.length, head, rev } };
  });
}

/** A client that was greeted 10 ms after the start, with an empty list, and then lost its socket. */
export async function awayWorld(): Promise<World> {
  const world = worldOf();
  const socket = await world.greet(listAt(10));
  socket.end(1006);
  await nextSocket(world);
  return world;
}
