import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { Person } from "./person.ts";
import type { Tally } from "./tally.ts";

export interface TalkOptions {
  readonly url: string;
  readonly token: (user: string) => Promise<string>;
  readonly random: () => number;
  readonly tally: Tally;
}

/** Of a hundred things that people do: pages read, reactions, edits; the rest are messages. */
const pages = 5;
const reactions = 4;
const edits = 2;
const readShare = 0.7;
const pageTimeoutMs = 20_000;

/** Two people in one conversation. */
export class Talk {
  readonly #options: TalkOptions;
  readonly #tokens: readonly string[];
  readonly #users: readonly string[];
  readonly #sentAt = new Map<string, number>();
  readonly people: readonly [Person, Person];
  sent = 0;

  private constructor(
    options: TalkOptions,
    users: readonly [string, string],
    tokens: readonly [string, string],
  ) {
    this.#options = options;
    this.#users = users;
    this.#tokens = tokens;
    const { url, tally, random } = options;
    const person = (own: 0 | 1) =>
      new Person({
        url,
        tally,
        random,
        token: tokens[own],
        peer: users[own === 0 ? 1 : 0],
        isOnInbox: random() < 0.5,
        sentAt: this.#sentAt,
      });
    this.people = [person(0), person(1)];
  }

  static async between(options: TalkOptions): Promise<Talk> {
    const users = [`a-${randomUUID()}`, `b-${randomUUID()}`] as const;
    return new Talk(options, users, [await options.token(users[0]), await options.token(users[1])]);
  }

  /** One of the two does something, where they are there; else that is counted. */
  async act(): Promise<void> {
    const { random, tally } = this.#options;
    const own = random() < 0.5 ? 0 : 1;
    const person = this.people[own];
    const luck = random() * 100;
    if (!person.isHere) {
      tally.leftOut();
      return;
    }
    if (person.seq === 0 || luck > pages + reactions + edits) {
      await this.#speak(own);
    } else if (luck < pages) {
      await this.#readPage(own);
    } else if (luck < pages + reactions || person.ownSeq === 0) {
      this.#write(person, { type: "react", seq: person.seq, emoji: "👍", on: random() < 0.8 });
    } else {
      this.#write(person, { type: "edit", seq: person.ownSeq, text: "as it was meant" });
    }
  }

  /** Acknowledged to one and not heard by both, or heard under two numbers, or never answered. */
  get faults(): { readonly missing: number; readonly doubled: number; readonly unanswered: number } {
    const [a, b] = this.people;
    const ids = [...a.acknowledged, ...b.acknowledged];
    return {
      missing: ids.filter((id) => !a.hasHeard(id) || !b.hasHeard(id)).length,
      doubled: a.doubled + b.doubled,
      unanswered: a.unanswered + b.unanswered,
    };
  }

  async #speak(own: 0 | 1): Promise<void> {
    const { random } = this.#options;
    const [person, peer] = [this.people[own], this.people[own === 0 ? 1 : 0]];
    person.say({ type: "typing", on: true });
    await wait(300 + random() * 700);
    this.sent += 1;
    this.#write(person, { type: "send", text: "x".repeat(Math.ceil(random() ** 3 * 300)) });
    if (random() < readShare) {
      await wait(500 + random() * 1_500);
      peer.say({ type: "read", seq: peer.seq });
    }
  }

  #write(person: Person, frame: { readonly type: string; readonly [field: string]: unknown }): void {
    const id = randomUUID();
    this.#sentAt.set(id, performance.now());
    this.#options.tally.did();
    person.write({ ...frame, id });
  }

  async #readPage(own: 0 | 1): Promise<void> {
    const { url, tally } = this.#options;
    const startedAt = performance.now();
    tally.did();
    try {
      const answer = await fetch(`${url}/v1/conversations/${this.#users[1 - own]}/messages?limit=50`, {
        headers: { authorization: `Bearer ${this.#tokens[own]}` },
        signal: AbortSignal.timeout(pageTimeoutMs),
      });
      const body = (await answer.json()) as { code?: string };
      if (answer.ok) {
        tally.page(performance.now() - startedAt);
      } else {
        tally.refused(`page: ${answer.status} ${body.code ?? ""}`);
      }
    } catch {
      tally.refused("page: no answer");
    }
  }
}
