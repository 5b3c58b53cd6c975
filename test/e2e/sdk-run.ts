import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type {
  Client,
  Conversation,
  ConversationMessage,
  Message,
  Sent,
  Timing,
} from "../../src/client/api.ts";
import type { CreateClient } from "./client-variant.ts";
import { seededFates, type FaultRates } from "./fault-plan.ts";
import { faultNames, faultProxy, type FaultName, type FaultProxy } from "./fault-proxy.ts";
import { loadHistory } from "./history.ts";
import type { Place } from "./local-worker.ts";

const pageMessages = 100;
const mostPageTries = 50;

export interface RunOptions {
  readonly seed: number;
  readonly messages: number;
  readonly rates: FaultRates;
  readonly timing: Timing;
  /** Nothing moved for so long: it never will. */
  readonly stallMs: number;
  /** Each client has a socket of the conversation instead of the inbox's. */
  readonly isSingle: boolean;
}

export interface Outcome {
  /** What did not hold; none where everything arrived, in order, once. */
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<FaultName, number>>;
}

/** Where a Worker is, and who may speak to it. */
type Address = Pick<Place, "url" | "token">;

/** Two clients send each other so many messages, each through a proxy with faults of its own. */
export async function runWithFaults(
  create: CreateClient,
  place: Address,
  options: RunOptions,
): Promise<Outcome> {
  const names = [`alice-${randomUUID()}`, `bob-${randomUUID()}`] as const;
  const [alice, bob] = await Promise.all([
    Side.start(create, place, { you: names[0], peer: names[1], ...options, seed: 2 * options.seed }),
    Side.start(create, place, { you: names[1], peer: names[0], ...options, seed: 2 * options.seed + 1 }),
  ]);
  const sides = [alice, bob];
  try {
    // Events and messages begin where a client first hears how the conversation stands.
    await Promise.all(sides.map((side) => side.live()));
    sides.forEach((side) => side.sendAll(options.messages));
    await settled(sides, options);
    const history = (await loadHistory(place, alice.you, bob.you, 2 * options.messages)) as Message[];
    const violations = sides.flatMap((side) => side.violations(history, 2 * options.messages));
    return {
      violations: violations.length > 0 ? violations : await readLate(create, place, bob, options, history),
      faults: Object.fromEntries(
        faultNames.map((name) => [name, alice.proxy.faults[name] + bob.proxy.faults[name]]),
      ) as Record<FaultName, number>,
    };
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
  }
}

/** Returns when both have everything, or nothing has moved for long. */
async function settled(sides: readonly Side[], { messages, stallMs, isSingle }: RunOptions): Promise<void> {
  let progress = "";
  let movedAtMs = Date.now();
  let isCut = !isSingle;
  while (!sides.every((side) => side.isComplete(2 * messages)) && Date.now() - movedAtMs < stallMs) {
    await wait(20);
    const now = sides.map((side) => side.progress).join();
    if (now !== progress) {
      progress = now;
      movedAtMs = Date.now();
    }
    // Nothing follows the last message that would show on this socket that it was lost.
    if (!isCut && sides.every((side) => side.acknowledged === messages)) {
      isCut = true;
      sides.forEach((side) => side.proxy.cutAll());
    }
  }
}

/** A device that comes when all is said finds the same by pages, however many of its requests fail. */
async function readLate(
  create: CreateClient,
  place: Address,
  { you, peer }: Side,
  options: RunOptions,
  history: readonly Message[],
): Promise<string[]> {
  const device = await Side.start(create, place, { you, peer, ...options, seed: -options.seed });
  try {
    const held = await device.loadAll();
    return isDeepStrictEqual(held, history)
      ? []
      : [`not so for a late device: it loads the ${history.length} messages`];
  } finally {
    await device.stop();
  }
}

interface SideOptions extends RunOptions {
  readonly you: string;
  readonly peer: string;
}

/** One user's client, and what the app saw of it. */
class Side {
  readonly you: string;
  readonly peer: string;
  readonly proxy: FaultProxy;
  acknowledged = 0;
  readonly #client: Client;
  readonly #conversation: Conversation;
  readonly #texts: string[] = [];
  readonly #sent: (Sent | undefined)[] = [];
  readonly #events: Message[] = [];
  readonly #troubles: string[] = [];
  readonly #unsubscribe: () => void;

  private constructor(proxy: FaultProxy, client: Client, { you, peer }: SideOptions) {
    this.you = you;
    this.peer = peer;
    this.proxy = proxy;
    this.#client = client;
    this.#conversation = client.conversation(peer);
    this.#unsubscribe = this.#conversation.messages.subscribe(() => {});
    client.on("message", ({ message, isNew }) => {
      this.#events.push(message);
      if (!isNew) {
        this.#troubles.push(`message ${message.seq} changed`);
      }
    });
    client.on("refused", ({ error }) => this.#troubles.push(`refused: ${error.code}, ${error.message}`));
    client.on("reset", () => this.#troubles.push("reset"));
    client.on("trouble", (error) => this.#troubles.push(`trouble: ${error.code}, ${error.message}`));
  }

  static async start(create: CreateClient, place: Address, options: SideOptions): Promise<Side> {
    const proxy = await faultProxy(place.url, seededFates(options.seed, options.rates));
    const token = await place.token(options.you);
    const client = create({
      url: proxy.url,
      token: () => Promise.resolve(token),
      timing: options.timing,
      ...(options.isSingle && { peer: options.peer }),
    });
    return new Side(proxy, client, options);
  }

  get progress(): string {
    return `${this.acknowledged} of ${this.#texts.length} acknowledged, ${this.#conversation.messages.value.length} held, ${this.#events.length} told`;
  }

  async live(): Promise<void> {
    const { status } = this.#conversation;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (status.value.isLive) {
          unsubscribe();
          resolve();
        }
      };
      const unsubscribe = status.subscribe(look);
      look();
    });
  }

  sendAll(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const text = `${this.you}: ${index}`;
      this.#texts.push(text);
      this.#conversation.send(text).then(
        (sent) => {
          this.#sent[index] = sent;
          this.acknowledged += 1;
        },
        (error: unknown) => this.#troubles.push(`send ${index}: ${String(error)}`),
      );
    }
  }

  /** All messages, from the first on. A page that failed is asked for again, as a person would by scrolling. */
  async loadAll(): Promise<readonly ConversationMessage[]> {
    const { messages } = this.#conversation;
    for (let tries = 0; messages.hasOlder && tries < mostPageTries; tries += 1) {
      await messages.loadOlder(pageMessages).catch(() => {});
    }
    return messages.value;
  }

  isComplete(total: number): boolean {
    const { value } = this.#conversation.messages;
    const isWhole = value.length >= total && this.#events.length >= total;
    return isWhole && this.acknowledged === this.#texts.length && value.every(({ seq }) => seq !== undefined);
  }

  violations(history: readonly Message[], total: number): string[] {
    const held = this.#conversation.messages.value;
    const acknowledged = this.#sent.map((sent) => `${sent?.seq} ${sent?.id}`);
    const own = history.filter(({ author }) => author === this.you);
    const holds: readonly (readonly [string, boolean])[] = [
      ["everything arrived", this.isComplete(total)],
      ["the history is whole", isNumbered(history) && history.length === total],
      ["the messages are numbered without a gap", isNumbered(held)],
      ["the messages are the server's", isDeepStrictEqual(held, history)],
      [
        "the events are the server's messages, each once and in order",
        isDeepStrictEqual(this.#events, history),
      ],
      ["each id is there once", new Set(held.map(({ id }) => id)).size === held.length],
      [
        "own messages are in the order of sending",
        isDeepStrictEqual(
          own.map(({ text }) => text),
          this.#texts,
        ),
      ],
      [
        "what was acknowledged is what is there",
        isDeepStrictEqual(
          acknowledged,
          own.map(({ seq, id }) => `${seq} ${id}`),
        ),
      ],
      [`nothing else was told: ${this.#troubles.slice(0, 3).join("; ")}`, this.#troubles.length === 0],
    ];
    return holds
      .filter(([, isTrue]) => !isTrue)
      .map(([what]) => `not so for ${this.you} (${this.progress}): ${what}`);
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#client.close();
    await this.proxy.close();
  }
}

function isNumbered(messages: readonly ConversationMessage[]): boolean {
  return messages.every(({ seq }, index) => seq === index + 1);
}
