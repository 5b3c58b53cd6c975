import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { Person } from "./person.ts";
import { Talk, type TalkOptions } from "./talk.ts";

const openedAtATime = 50;
const tickMs = 20;
const lookEveryMs = 50;
const pingEveryMs = 30_000;
/** The share of sockets that break in a minute. */
const cutShare = 0.01;
const longestAwayMs = 5_000;
const openWithinMs = 300_000;

export type CrowdFaults = Talk["faults"] & { readonly notBack: number };

/** Everybody who is there. */
export class Crowd {
  readonly #talks: readonly Talk[];
  readonly #people: readonly Person[];
  readonly #random: () => number;
  readonly #acts = new Set<Promise<void>>();

  private constructor(talks: readonly Talk[], random: () => number) {
    this.#talks = talks;
    this.#people = talks.flatMap(({ people }) => people);
    this.#random = random;
  }

  /** They are shared evenly among the servers. Who cannot come in five minutes is not here. */
  static async open(conversations: number, servers: readonly TalkOptions[]): Promise<Crowd> {
    const [first] = servers;
    if (first === undefined) {
      throw new Error("there is no server");
    }
    const talks = await Promise.all(
      Array.from({ length: conversations }, (_, nth) => Talk.between(servers[nth % servers.length] ?? first)),
    );
    const crowd = new Crowd(talks, first.random);
    const people = [...crowd.#people];
    const deadline = performance.now() + openWithinMs;
    while (people.length > 0 && performance.now() < deadline) {
      const coming = people.splice(0, openedAtATime);
      coming.forEach((person) => void person.come());
      await waitFor(deadline, () => coming.every(({ isHere }) => isHere));
    }
    return crowd;
  }

  get sockets(): number {
    return this.#people.filter(({ isHere }) => isHere).length;
  }

  get sent(): number {
    return this.#talks.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Lets them do so much in a second, evenly on average, whether the server keeps up or not. */
  async live(perSecond: number, forMs: number): Promise<void> {
    const startedAt = performance.now();
    let until = 0;
    while (until < forMs) {
      await wait(tickMs);
      const elapsed = Math.min(performance.now() - startedAt, forMs);
      const due = (share: number) => this.#drawn((share * (elapsed - until)) / 1_000);
      this.#some(this.#talks, due(perSecond), (talk) => this.#act(talk));
      this.#some(this.#people, due(this.#people.length / (pingEveryMs / 1_000)), (person) => person.ping());
      this.#some(this.#people, due((this.#people.length * cutShare) / 60), (person) => this.#cut(person));
      until = elapsed;
    }
  }

  /** Waits until everybody is there and everything answered, for so long at most; then says what is wrong. */
  async settle(withinMs: number): Promise<CrowdFaults> {
    await Promise.all(this.#acts);
    await waitFor(
      performance.now() + withinMs,
      () =>
        this.#people.every(({ isHere }) => isHere) &&
        this.#talks.every((talk) => Object.values(talk.faults).every((one) => one === 0)),
    );
    const faults = this.#talks.map((talk) => talk.faults);
    const sum = (of: (one: Talk["faults"]) => number) => faults.reduce((total, one) => total + of(one), 0);
    return {
      missing: sum(({ missing }) => missing),
      doubled: sum(({ doubled }) => doubled),
      unanswered: sum(({ unanswered }) => unanswered),
      notBack: this.#people.length - this.sockets,
    };
  }

  /** Everybody, for good. */
  go(): void {
    this.#people.forEach((person) => person.go());
  }

  #act(talk: Talk): void {
    const act = talk.act().finally(() => this.#acts.delete(act));
    this.#acts.add(act);
  }

  #cut(person: Person): void {
    if (person.isHere) {
      person.drop();
      void person.come(this.#random() * longestAwayMs);
    }
  }

  #some<One>(all: readonly One[], count: number, take: (one: One) => void): void {
    for (let nth = 0; nth < count; nth += 1) {
      const one = all[Math.floor(this.#random() * all.length)];
      if (one !== undefined) {
        take(one);
      }
    }
  }

  /** A whole number that is `mean` on average. */
  #drawn(mean: number): number {
    return Math.floor(mean) + (this.#random() < mean % 1 ? 1 : 0);
  }
}

async function waitFor(deadline: number, isTrue: () => boolean): Promise<void> {
  while (!isTrue() && performance.now() < deadline) {
    await wait(lookEveryMs);
  }
}
