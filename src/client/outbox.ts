import type { Message, OutboxEntry, PendingMessage, Sent } from "./api.ts";
import { backOffMs } from "./back-off.ts";
import { deferred, type Deferred } from "./deferred.ts";
import { PairlineError } from "./errors.ts";
import type { OutboxPorts } from "./outbox-ports.ts";
import { Timer } from "./timer.ts";

/** Refusals after which the same frame may be taken a moment later. */
const passing: ReadonlySet<string> = new Set([
  "rate_limited",
  "internal",
  "archive_unavailable",
  "keys_unavailable",
  "out_of_range",
]);

interface Waiting {
  entry: OutboxEntry;
  readonly answer: Deferred<Sent>;
  /** Its numbers may be another message's. */
  isMisplaced: boolean;
  /** What it has become is being found out; until then neither it nor what is behind it goes. */
  isResolving: boolean;
  isAfterTooHigh?: boolean;
  error?: PairlineError;
}

/**
 * What one conversation has to send. One entry is under way at a time: were there two, a refusal of the first that
 * passes (a rate, a failed commit) would put it behind the second.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  /** By `id`, in the order in which they go. */
  #waiting = new Map<string, Waiting>();
  #underWay: string | undefined;
  #failures = 0;
  #closed: PairlineError | undefined;
  readonly #timer = new Timer();

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The sends among it, in order. */
  pending(author: string | undefined): PendingMessage[] {
    return Array.from(this.#waiting.values()).flatMap(({ entry, error }) => {
      const { id, createdAt, frame } = entry;
      if (frame.type !== "send") {
        return [];
      }
      const { type: _type, after: _after, ...content } = frame;
      return [{ ...content, id, author, createdAt, ...(error !== undefined && { error }) }];
    });
  }

  /** Resolves when it is durable; rejects with a PairlineError when it will not be. */
  add(entry: OutboxEntry): Promise<Sent> {
    if (this.#closed !== undefined) {
      return Promise.reject(this.#closed);
    }
    const answer = deferred<Sent>();
    this.#waiting.set(entry.id, { entry, answer, isMisplaced: false, isResolving: false });
    this.#ports.keep(entry);
    this.#ports.changed();
    this.pump();
    return answer.promise;
  }

  /** An entry that an earlier page left in the storage. */
  restore(entry: OutboxEntry): void {
    if (this.#waiting.has(entry.id)) {
      return;
    }
    const { refused } = entry;
    const error = refused === undefined ? undefined : new PairlineError(refused.code, refused.message);
    this.#waiting.set(entry.id, {
      entry,
      answer: deferred<Sent>(),
      isMisplaced: false,
      isResolving: false,
      ...(error !== undefined && { error }),
    });
    // What was composed while the storage was read comes after what it holds.
    const inOrder = Array.from(this.#waiting).sort(
      ([, one], [, other]) => one.entry.order - other.entry.order,
    );
    this.#waiting = new Map(inOrder);
    this.#ports.changed();
    this.pump();
  }

  /** Takes a refused send out; undefined where there is none of this id. */
  takeRefused(id: string): OutboxEntry | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting?.error === undefined) {
      return undefined;
    }
    this.#remove(id);
    return waiting.entry;
  }

  /** It is durable: its `ack` came, or its message, which nobody sees before it is. */
  settled(sent: Sent & { readonly rev: number }): void {
    const waiting = this.#waiting.get(sent.id);
    if (waiting === undefined) {
      return;
    }
    this.#edited(waiting.entry.frame, sent.rev);
    this.#remove(sent.id);
    this.#failures = 0;
    waiting.answer.resolve({ id: sent.id, seq: sent.seq, createdAt: sent.createdAt });
    this.#answered(sent.id);
  }

  /** The server refused it: for now, until it is known whether an earlier try arrived, or for good. */
  refusal(id: string, error: PairlineError): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || waiting.error !== undefined || waiting.isResolving) {
      return;
    }
    if (passing.has(error.code)) {
      waiting.isAfterTooHigh = error.code === "out_of_range";
      this.#pause(Math.max(error.retryAfterMs ?? 0, backOffMs(this.#failures, this.#ports.timing)));
    } else if (error.code === "stale" && waiting.entry.frame.type === "send") {
      void this.#resolve(waiting, (entry) => this.#ports.settle(entry));
    } else {
      this.#refuse(waiting, error);
    }
  }

  /** Sends the first entry that waits, where none is under way. */
  pump(): void {
    if (this.#underWay !== undefined || this.#timer.isSet) {
      return;
    }
    const cursor = this.#ports.cursor();
    const next = Array.from(this.#waiting.values()).find(({ error }) => error === undefined);
    if (cursor === undefined || next === undefined || next.isResolving) {
      return;
    }
    if (next.isMisplaced) {
      void this.#resolve(next, (entry) => this.#ports.relocate(entry));
      return;
    }
    if (next.entry.frame.after === undefined) {
      // Nothing of it was ever sent, so no earlier try can lie before what is known now.
      this.#replace(next, { ...next.entry, frame: { ...next.entry.frame, after: cursor } });
    }
    const fault = this.#fault(next, cursor);
    if (fault !== undefined) {
      this.#refuse(next, fault);
      return;
    }
    if (this.#ports.transmit(next.entry.frame)) {
      this.#underWay = next.entry.id;
      this.#timer.set(this.#ports.timing.answerMs, () => this.#unanswered());
    }
  }

  /** The socket is gone: whether what was under way arrived is not known. */
  lost(): void {
    this.#timer.clear();
    this.#underWay = undefined;
  }

  /** The history may have other numbers from `rev` on: where the messages are that replies and changes are about is found out before they go. */
  reset(rev: number): void {
    for (const waiting of this.#waiting.values()) {
      const { entry } = waiting;
      const { frame } = entry;
      waiting.isMisplaced ||= frame.type !== "send" || frame.replyTo !== undefined;
      if (frame.type === "send" && (frame.after ?? 0) > rev) {
        this.#replace(waiting, { ...entry, frame: { ...frame, after: rev } });
      }
    }
  }

  /** No frame to this peer is taken. */
  refuseAll(error: PairlineError): void {
    for (const waiting of Array.from(this.#waiting.values())) {
      if (waiting.error === undefined) {
        this.#refuse(waiting, error);
      }
    }
  }

  /** Nothing goes any more; what is stored stays. */
  close(error: PairlineError): void {
    this.lost();
    this.#closed = error;
    this.#waiting.forEach(({ answer }) => answer.reject(error));
    this.#waiting.clear();
  }

  #fault({ entry: { frame }, isAfterTooHigh = false }: Waiting, cursor: number): PairlineError | undefined {
    return isAfterTooHigh && frame.type === "edit" && (frame.after ?? 0) > cursor
      ? new PairlineError("stale", "`after` is no `rev` of the conversation")
      : this.#ports.fault(frame);
  }

  #unanswered(): void {
    this.lost();
    this.#ports.probe();
    // It may have been heard and the answer lost: the same frame again is the same message.
    this.pump();
  }

  #answered(id: string): void {
    if (this.#underWay === id) {
      this.lost();
    }
    this.pump();
  }

  #pause(ms: number): void {
    this.lost();
    this.#failures += 1;
    this.#timer.set(ms, () => this.pump());
  }

  /** Finds out what an entry has become, while nothing behind it goes. */
  async #resolve(
    waiting: Waiting,
    find: (entry: OutboxEntry) => Promise<Message | OutboxEntry>,
  ): Promise<void> {
    const { id } = waiting.entry;
    this.lost();
    waiting.isResolving = true;
    const found = await find(waiting.entry).catch((error: unknown) => error as PairlineError);
    waiting.isResolving = false;
    if (this.#waiting.get(id) !== waiting) {
      // It was settled meanwhile, or the client closed.
      return;
    }
    if (found instanceof PairlineError) {
      this.#unresolved(waiting, found);
    } else if ("frame" in found) {
      this.#replace(waiting, found);
      waiting.isMisplaced = false;
      this.#answered(id);
    } else {
      this.settled({ ...found, id });
    }
  }

  #unresolved(waiting: Waiting, error: PairlineError): void {
    if (error.code === "network" || error.code === "no_token" || passing.has(error.code)) {
      this.#pause(backOffMs(this.#failures, this.#ports.timing));
    } else {
      this.#refuse(waiting, error);
    }
  }

  /** A send stays to be seen, tried again or discarded; a change leaves nothing. */
  #refuse(waiting: Waiting, error: PairlineError): void {
    const { entry } = waiting;
    if (entry.frame.type === "send") {
      waiting.error = error;
      this.#replace(waiting, { ...entry, refused: { code: error.code, message: error.message } });
    } else {
      this.#remove(entry.id);
    }
    waiting.answer.reject(error);
    this.#ports.refused(entry, error);
    this.#ports.changed();
    this.#answered(entry.id);
  }

  /** Whoever edits a message again has seen their own edit: else it would be `superseded` by that (ED2). */
  #edited(frame: OutboxEntry["frame"], rev: number): void {
    if (frame.type !== "edit") {
      return;
    }
    for (const waiting of this.#waiting.values()) {
      const { entry } = waiting;
      const { type, after } = entry.frame;
      const isLater = entry.id !== frame.id && type === "edit" && entry.frame.seq === frame.seq;
      // One that had seen less than this edit had may still be superseded by what lies between.
      if (isLater && after !== undefined && after >= (frame.after ?? 0) && after < rev) {
        this.#replace(waiting, { ...entry, frame: { ...entry.frame, after: rev } });
      }
    }
  }

  #replace(waiting: Waiting, entry: OutboxEntry): void {
    waiting.entry = entry;
    this.#ports.keep(entry);
  }

  #remove(id: string): void {
    this.#waiting.delete(id);
    this.#ports.forget(id);
    this.#ports.changed();
  }
}
