import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { Person } from "./person.ts";
import { Talk, type TalkOptions } from "./talk.ts";

const openedAtATime = 50;
const tickMs = 20;
const pingEveryMs = 30_000;
/** The share of sockets that break in a minute. */
const cutShare = 0.01;
const backOffMs = 5_000;
const patienceMs = 60_000;

/** Everybody who is there. */
export class Crowd {
  readonly #talks: readonly Talk[];
  readonly #people: readonly Person[];
  readonly #random: () => number;
  readonly #away = new Set<Promise<void>>();

  private constructor(talks: readonly Talk[], random: () => number) {
    this.#talks = talks;
    this.#people = talks.flatMap(({ people }) => people);
    this.#random = random;
  }

  /** They are shared evenly among the servers. */
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
    while (people.length > 0) {
      await Promise.all(people.splice(0, openedAtATime).map((person) => person.connect()));
    }
    await crowd.#until(() => crowd.#people.every(({ isHere }) => isHere));
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
      this.#some(this.#talks, due(perSecond), (talk) => void talk.act());
      this.#some(this.#people, due(this.#people.length / (pingEveryMs / 1_000)), (person) => person.ping());
      this.#some(this.#people, due((this.#people.length * cutShare) / 60), (person) => this.#cut(person));
      until = elapsed;
    }
  }

  /** Waits until everybody is there and everything answered, for a minute at most; then says what is wrong. */
  async settle(): Promise<Talk["faults"]> {
    await Promise.all(this.#away);
    for (const person of this.#people.filter(({ isHere }) => !isHere)) {
      await person.connect();
    }
    await this.#until(() =>
      this.#talks.every((talk) => Object.values(talk.faults).every((one) => one === 0)),
    );
    const faults = this.#talks.map((talk) => talk.faults);
    const sum = (of: (one: Talk["faults"]) => number) => faults.reduce((total, one) => total + of(one), 0);
    return {
      missing: sum(({ missing }) => missing),
      doubled: sum(({ doubled }) => doubled),
      unanswered: sum(({ unanswered }) => unanswered),
    };
  }

  #cut(person: Person): void {
    if (!person.isHere) {
      return;
    }
    person.drop();
    const away = wait(this.#random() * backOffMs)
      .then(() => person.connect())
      .finally(() => this.#away.delete(away));
    this.#away.add(away);
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

  async #until(isTrue: () => boolean): Promise<void> {
    const startedAt = performance.now();
    while (!isTrue() && performance.now() - startedAt < patienceMs) {
      await wait(100);
    }
  }
}
