import { expect, test } from "vitest";
import type { InboxDevice } from "../../src/inbox/device.ts";
import type { ListedConversation } from "../../src/protocol/conversation-list.ts";
import type { InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import { sideOf } from "../../src/protocol/pair.ts";
import { seededRandom } from "../seeded-random.ts";
import { InboxModel, listOf, shown } from "./inbox-model.ts";
import { UserWorld } from "./user-world.ts";

// The whole million: MODEL_OPERATIONS=1000000 MODEL_SEED=<any> npx vitest run --project unit inbox-model
const operations = Number(process.env["MODEL_OPERATIONS"] ?? 200_000);
const seed = Number(process.env["MODEL_SEED"] ?? 20_261_123);
const operationsATurn = 200;

const user = "me";
const peers = ["anna", "ben", "carl", "dora", "nils", "zoe"];

/** One device on the inbox socket: what it believes is what its `ready` and its summaries said. */
class Phone {
  readonly summaries = new Map<string, ListedConversation>();
  readonly refused: string[] = [];
  /** The list of its last `ready`; undefined where the archive was away. */
  listed: ReturnType<typeof shown> | undefined;
  device: InboxDevice | undefined;

  readonly #world: UserWorld;
  readonly #acknowledged: (peer: string, seq: number, createdAtMs: number) => void;

  constructor(world: UserWorld, acknowledged: (peer: string, seq: number, createdAtMs: number) => void) {
    this.#world = world;
    this.#acknowledged = acknowledged;
  }

  connect(): void {
    this.device ??= this.#world.connect({
      frame: (frame) => this.#take(frame),
      closed: () => {
        this.device = undefined;
      },
    });
  }

  drop(): void {
    const { device } = this;
    this.device = undefined;
    if (device !== undefined) {
      this.#world.disconnect(device);
    }
  }

  tell(frame: object): void {
    if (this.device !== undefined) {
      this.#world.frame(this.device, frame);
    }
  }

  #take(frame: InboxServerFrame): void {
    if (frame.type === "ready") {
      this.listed = frame.list && shown(frame.list);
      this.summaries.clear();
      frame.list?.conversations.forEach((summary) => this.summaries.set(summary.peer, summary));
    } else if (frame.type === "summary") {
      this.summaries.set(frame.peer, frame);
    } else if (frame.type === "ack") {
      this.#acknowledged(frame.peer, frame.seq, frame.createdAt);
    } else if (frame.type === "error") {
      this.refused.push(frame.code);
    }
  }
}

/** The world under test, two devices on the inbox socket, a third that uses the conversations themselves, and the model. */
class Run {
  readonly world: UserWorld;
  readonly model = new InboxModel();
  readonly phones: readonly [Phone, Phone];
  /** The inbox forgot what D1 does not have yet. */
  isBlind = false;
  readonly #random: () => number;
  #sends = 0;
  #release: (() => void) | undefined;

  constructor(world: UserWorld, random: () => number) {
    this.world = world;
    this.#random = random;
    const phone = () => new Phone(world, (peer, seq, atMs) => this.model.sent(peer, "me", seq, atMs));
    this.phones = [phone(), phone()];
  }

  /** Some operations at once, one that cannot share its turn, and what must hold afterwards. */
  async turn(): Promise<void> {
    for (let nth = 0; nth < operationsATurn - 1; nth += 1) {
      this.#operate();
    }
    await this.world.settle();
    await this.#operateAlone();
    await this.world.settle();
  }

  /** An operation that may share its turn with others: a send, or a read on any device. */
  #operate(): void {
    const peer = this.#pick(peers);
    const luck = this.#random();
    if (luck < 0.45) {
      this.#say(peer, "peer");
    } else if (luck < 0.6) {
      this.#say(peer, "me");
    } else if (luck < 0.75) {
      this.#pick(this.phones).tell({ type: "send", peer, ...this.#draft(peer) });
    } else {
      this.#read(peer);
    }
  }

  #say(peer: string, author: "me" | "peer"): void {
    const { room } = this.world.conversation(peer);
    const side = sideOf(room.platform.pair, author === "me" ? user : peer);
    room.write(side, { type: "send", ...this.#draft(peer) }, (outcome) => {
      if (outcome.kind === "stored") {
        this.model.sent(peer, author, outcome.message.seq, outcome.message.createdAt);
      }
    });
  }

  #draft(peer: string): { id: string; text: string; after: number } {
    this.#sends += 1;
    const after = this.world.conversation(peer).room.sequencer.position.rev;
    return { id: `id-${this.#sends}`, text: "hello", after };
  }

  #read(peer: string): void {
    const { room } = this.world.conversation(peer);
    const head = room.sequencer.position.head;
    // Mostly near the end, sometimes anywhere: cursors only grow.
    const seq = Math.max(0, head - Math.floor(this.#random() * 60));
    const phone = this.#pick(this.phones);
    if (this.#random() < 0.5 && phone.device !== undefined) {
      phone.tell({ type: "read", peer, seq });
    } else {
      room.read(sideOf(room.platform.pair, user), seq, () => undefined);
    }
    this.model.read(peer, seq);
  }

  async #operateAlone(): Promise<void> {
    const luck = this.#random();
    const peer = this.#pick(peers);
    if (luck < 0.5) {
      this.#setFlags(peer, luck < 0.25 ? "muted" : "archived");
    } else if (luck < 0.6) {
      this.#pick(this.phones).drop();
    } else if (luck < 0.65) {
      // What it was told while D1 lags is gone with it, and told again once a write that took long has landed.
      this.isBlind = this.lags;
      this.world.pass(1_000);
      this.world.restartInbox();
    } else if (luck < 0.7) {
      // Whoever called it asks again whether it is archived, and so wakes it.
      this.world.conversation(peer).restart();
      this.world.conversation(peer).room.replicator.schedule();
    } else if (luck < 0.8) {
      this.#hold();
    }
  }

  #setFlags(peer: string, flag: "muted" | "archived"): void {
    const conversation = this.model.conversation(peer);
    const wish = !conversation[flag];
    const { room } = this.world.conversation(peer);
    room.setFlags(sideOf(room.platform.pair, user), { [flag]: wish }, () => undefined);
    conversation[flag] = wish;
  }

  // From here on D1 lags, until `letGo`.
  #hold(): void {
    this.#release?.();
    const held = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    for (const conversation of this.world.conversations.values()) {
      conversation.heldWrites = held;
    }
  }

  /** Whether D1 lags. */
  get lags(): boolean {
    return this.#release !== undefined;
  }

  async letGo(): Promise<void> {
    this.#release?.();
    this.#release = undefined;
    this.isBlind = false;
    for (const conversation of this.world.conversations.values()) {
      conversation.heldWrites = undefined;
    }
    await this.world.settle();
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)] as Value;
  }
}

test(
  `[LS1][LS9][MK5][IN3][IN6] after ${operations} random operations on three devices unread and the order of the list are what counting says`,
  { timeout: 1_200_000 },
  async () => {
    const run = new Run(await UserWorld.with(user, peers), seededRandom(seed));
    const { world, model, phones } = run;
    for (let nth = 1; nth <= operations / operationsATurn; nth += 1) {
      await run.turn();
      const expected = model.list();
      const { isBlind } = run;
      const arrived = phones.filter(({ device }) => device === undefined);
      phones.forEach((phone) => phone.connect());
      await world.settle();
      if (isBlind || nth % 5 === 0) {
        await run.letGo();
      }
      // A list that was read while D1 lags has what the inbox was told laid over it.
      const listed = arrived.filter(() => !isBlind).map((phone) => phone.listed);
      const believed = phones.map((phone) => listOf(phone.summaries.values()));
      const archived = run.lags ? [] : [shown(await world.list())];
      const lists = [...listed, ...believed, ...archived];
      expect(lists).toEqual(lists.map(() => expected));
      expect(phones.flatMap(({ refused }) => refused)).toEqual([]);
    }
  },
);
