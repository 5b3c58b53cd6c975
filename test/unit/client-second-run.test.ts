import { expect, test } from "vitest";
import type { Conversation, OutboxStorage } from "../../src/client/api.ts";
import { memoryStorage } from "../../src/client/storage.ts";
import {
  codeOf,
  emptyList,
  freezeTime,
  listOfBob,
  limits,
  nextSocket,
  passMs,
  summary,
  synced,
  worldOf,
} from "./fake-server.ts";

freezeTime();

const stored = (id: string, peer = "bob") =>
  ({ id, peer, order: 1, createdAt: 1, frame: { type: "send", id, text: id, after: 4 } }) as const;

async function storageWith(...entries: ReturnType<typeof stored>[]): Promise<OutboxStorage> {
  const storage = memoryStorage();
  for (const entry of entries) {
    await storage.put(entry);
  }
  return storage;
}

const composers: Record<string, (bob: Conversation) => Promise<unknown>> = {
  send: (bob) => bob.send("Hi"),
  edit: (bob) => bob.edit(5, "Hello"),
  delete: (bob) => bob.delete(5),
  react: (bob) => bob.react(5, "👍"),
};

test.each(Object.entries(composers))(
  "[CL4] %s, composed before the list shows its conversation, goes with the list",
  async (type, compose) => {
    const world = worldOf();
    const done = codeOf(compose(world.client.conversation("bob")));
    const socket = await world.greet(listOfBob(5));
    const [frame] = socket.of(type);
    expect(frame).toMatchObject({ type, peer: "bob", after: 5 });
    socket.tell({ type: "ack", peer: "bob", id: frame?.["id"], seq: 5, rev: 6, createdAt: 1 });
    await passMs(0);
    expect(done.code).toBe("resolved");
  },
);

test("[CL4] so it is if the first socket dies before its greeting", async () => {
  const world = worldOf();
  void world.client.conversation("bob").send("Hi");
  await passMs(0);
  world.socket.open();
  world.socket.end(1006);
  await nextSocket(world);
  const socket = await world.greet(listOfBob(5));
  expect(socket.of("send")).toMatchObject([{ text: "Hi", after: 5 }]);
});

test("[CL8] what a storage kept goes with the list, whichever conversation is open", async () => {
  const world = worldOf({ storage: await storageWith(stored("to bob"), stored("to cid", "cid")) });
  world.client.conversation("dan").messages.subscribe(() => {});
  const list = { ...emptyList, conversations: [summary("bob", 5), summary("dan", 3)] };
  const socket = await world.greet(list);
  expect(socket.of("send")).toMatchObject([{ peer: "bob", text: "to bob", after: 4 }]);
  socket.tell(synced(7, 7, { peer: "cid" }));
  expect(socket.of("send")[1]).toMatchObject({ peer: "cid", text: "to cid", after: 4 });
});

type Step = "load" | "open" | "compose" | "list" | "summary" | "synced";

function orders(steps: readonly Step[]): Step[][] {
  return steps.length === 0
    ? [[]]
    : steps.flatMap((step) => orders(steps.filter((other) => other !== step)).map((rest) => [step, ...rest]));
}

/** Those that can be: no socket opens before the storage was read, and nothing comes before it opens. */
const possible = orders(["load", "open", "compose", "list", "summary", "synced"]).filter((order) => {
  const [load = 0, open = 0, ...frames] = (["load", "open", "summary", "synced"] as const).map((step) =>
    order.indexOf(step),
  );
  return load < open && frames.every((place) => open < place);
});

/** `list` before `open`: it comes with `ready`; after it: by REST. */
async function runIn(order: readonly Step[], list: object): Promise<ReturnType<typeof worldOf>> {
  const [loading, listing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const entries = await storageWith(stored("kept"));
  const world = worldOf({ storage: { ...entries, load: () => loading.promise.then(() => entries.load()) } });
  world.answers.set("GET /v1/conversations?limit=50", () =>
    listing.promise.then(() => ({ status: 200, body: list })),
  );
  const isEarly = order.indexOf("list") < order.indexOf("open");
  const steps: Record<Step, () => void> = {
    load: () => loading.resolve(),
    open: () => {
      world.socket.open();
      world.socket.tell({ type: "ready", you: "ann", limits, ...(isEarly && { list }) });
    },
    compose: () => void world.client.conversation("bob").send("composed"),
    list: () => listing.resolve(),
    summary: () => world.socket.tell({ type: "summary", ...summary("bob", 5) }),
    // A server answers what it was asked.
    synced: () =>
      world.socket
        .of("sync")
        .slice(0, 1)
        .forEach(() => world.socket.tell(synced(5))),
  };
  for (const step of order) {
    steps[step]();
    await passMs(0);
  }
  steps.synced();
  return world;
}

test.each([
  ["shows the conversation", listOfBob(5)],
  ["does not", emptyList],
])(
  "[CL4][CL8] in every order of events at the opening all that waits is sent; the list %s",
  async (_, list) => {
    expect(possible.length).toBe(60);
    for (const order of possible) {
      const world = await runIn(order, list);
      await passMs(1_000);
      for (const text of ["kept", "composed"]) {
        const frame = world.socket.of("send").at(-1);
        expect([order, frame?.["text"]]).toEqual([order, text]);
        world.socket.tell({ type: "ack", peer: "bob", id: frame?.["id"], seq: 6, rev: 5, createdAt: 1 });
        await passMs(0);
      }
      world.client.close();
    }
  },
);
