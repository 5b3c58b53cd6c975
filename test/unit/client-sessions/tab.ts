import type { Client, Conversation, Events, Message } from "../../../src/client/api.ts";
import type { CreateClient } from "../../e2e/client-variant.ts";
import { Life, type VirtualTime } from "../virtual-worker/virtual-time.ts";
import type { VirtualWorker } from "../virtual-worker/virtual-worker.ts";
import { ClientNetwork } from "./client-network.ts";
import { user } from "./pasts.ts";
import type { SharedStorage } from "./shared-storage.ts";

/** A promise that the client gave. `outcome` is "resolved" or the code of the error. */
export interface Promised {
  readonly what: string;
  readonly atMs: number;
  outcome: string | undefined;
}

/** What the user did to a conversation. `text` is like no other's. */
export interface Composed extends Promised {
  readonly kind: "send" | "edit" | "delete" | "react";
  readonly peer: string;
  readonly text: string;
  /** The message that it is about. */
  readonly seq: number | undefined;
  /** The `rev` at which the user saw that message when they began. */
  readonly shownRev: number;
  /** The number that a send got. */
  sentSeq: number | undefined;
}

/** An edit that was begun and not finished: the field is open. */
interface Editing {
  readonly peer: string;
  readonly seq: number;
  readonly shownRev: number;
}

/** One page of the user's browser, from its opening until it is left or reloaded. */
export class Tab {
  readonly client: Client;
  readonly network: ClientNetwork;
  readonly life = new Life();
  readonly startedAtMs: number;
  readonly composed: Composed[] = [];
  readonly asked: Promised[] = [];
  readonly events: { readonly atMs: number; readonly event: Events["message"] }[] = [];
  readonly resets = new Set<string>();
  readonly refused: Events["refused"][] = [];
  readonly troubles: string[] = [];
  editing: Editing | undefined;
  /** When the client was open for the first time, and since when it is now. */
  firstOpenAtMs: number | undefined;
  openSinceMs: number | undefined;
  /** Whether the first `ready` brought a list. */
  hadList = false;
  /** It was left with `close()`, or reloaded without. */
  end: "left" | "reloaded" | undefined;
  readonly #time: VirtualTime;
  readonly #looks = new Map<string, () => void>();
  readonly #touched = new Set<string>();

  constructor(create: CreateClient, worker: VirtualWorker, storage: SharedStorage) {
    this.#time = worker.time;
    this.startedAtMs = worker.time.nowMs;
    this.network = new ClientNetwork(worker, this.life);
    this.client = this.#within(() =>
      create({
        url: "https://dm.example.com",
        token: () => Promise.resolve(worker.token(user)),
        storage,
        WebSocket: this.network.WebSocket,
        fetch: this.network.fetch,
      }),
    );
    this.#within(() => this.#watch(worker));
  }

  get isHere(): boolean {
    return this.end === undefined;
  }

  /** The conversations that the app has asked for. */
  get touched(): readonly string[] {
    return Array.from(this.#touched);
  }

  conversation(peer: string): Conversation {
    this.#touched.add(peer);
    return this.#within(() => this.client.conversation(peer));
  }

  /** The messages that the page shows. */
  shown(peer: string): readonly Message[] {
    return this.conversation(peer).messages.value.flatMap((message) =>
      message.seq === undefined ? [] : [message],
    );
  }

  isLooking(peer: string): boolean {
    return this.#looks.has(peer);
  }

  look(peer: string, on: boolean): void {
    if (!on) {
      this.#looks.get(peer)?.();
      this.#looks.delete(peer);
    } else if (!this.#looks.has(peer)) {
      const { messages, status } = this.conversation(peer);
      const ends = this.#within(() => [messages.subscribe(() => {}), status.subscribe(() => {})]);
      this.#looks.set(peer, () => this.#within(() => ends.forEach((unsubscribe) => unsubscribe())));
      // As a page does: it shows the newest messages.
      this.ask("older", () => messages.loadOlder());
    }
  }

  compose(
    { kind, peer, text, seq, shownRev }: Omit<Composed, keyof Promised | "sentSeq">,
    act: (conversation: Conversation) => Promise<unknown>,
  ): void {
    const conversation = this.conversation(peer);
    const promised = this.#promised(`${kind} "${text}"`, () => act(conversation));
    const composed = Object.assign(promised.record, { kind, peer, text, seq, shownRev, sentSeq: undefined });
    this.composed.push(composed);
    void promised.settled.then((sent) => {
      const given = sent as { seq?: number } | undefined;
      (composed as Composed).sentSeq = given?.seq;
    });
  }

  ask(what: string, act: () => Promise<unknown>): void {
    this.asked.push(this.#promised(what, act).record);
  }

  run(act: () => void): void {
    this.#within(act);
  }

  leave(): void {
    this.#looks.forEach((unsubscribe) => unsubscribe());
    this.#within(() => this.client.close());
    this.end = "left";
  }

  reload(): void {
    this.life.isOver = true;
    this.network.cut();
    this.end = "reloaded";
  }

  #watch(worker: VirtualWorker): void {
    const { client } = this;
    client.connection.subscribe(() => {
      const isOpen = client.connection.value.state === "open";
      this.openSinceMs = isOpen ? (this.openSinceMs ?? this.#time.nowMs) : undefined;
      if (isOpen && this.firstOpenAtMs === undefined) {
        this.firstOpenAtMs = this.#time.nowMs;
        this.hadList = !worker.isArchiveDown;
      }
    });
    client.on("message", (event) => void this.events.push({ atMs: this.#time.nowMs, event }));
    client.on("reset", ({ peer }) => void this.resets.add(peer));
    client.on("refused", (event) => void this.refused.push(event));
    client.on("trouble", ({ code, message }) => void this.troubles.push(`${code}: ${message}`));
  }

  #promised(
    what: string,
    act: () => Promise<unknown>,
  ): { readonly record: Promised; readonly settled: Promise<unknown> } {
    const record: Promised = { what, atMs: this.#time.nowMs, outcome: undefined };
    const settled = this.#within(act).then(
      (value) => {
        record.outcome = "resolved";
        return value;
      },
      (error: unknown) => {
        record.outcome = (error as { code?: string }).code ?? String(error);
        return undefined;
      },
    );
    return { record, settled };
  }

  #within<Value>(run: () => Value): Value {
    return this.#time.within(this.life, run);
  }
}
