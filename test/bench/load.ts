// The load generator: a process of its own, so that its work is not counted with the servers'. Runs one job at a time.
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { dialects, type Dialect, type DialectName, type Kind } from "./dialects.ts";
import { RawSocket } from "./raw-socket.ts";

/** One pair's two ends. */
export interface Pair {
  readonly dialect: DialectName;
  readonly sender: End;
  readonly receiver: End;
}

export interface End {
  readonly address: string;
  readonly headers: Record<string, string>;
}

export interface Job {
  readonly pairs: readonly Pair[];
  /** How many of a pair's messages may be without their ack. */
  readonly window: number;
  readonly messagesPerPair: number;
  /** Sleep before the clock starts; then the pairs talk one after another. */
  readonly sleepMs?: number | undefined;
}

export interface Measured {
  /** From the first send until every message was acknowledged and had reached the peer. */
  readonly elapsedMs: number;
  /** From send to ack, and from send to the peer. */
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
  /** How long each pair took for all its messages. */
  readonly pairMs: readonly number[];
  /** Of this process, while it measured. */
  readonly clientCpuMs: number;
}

/** Sent before the clock starts, so that objects, tables and code are there. */
const warmUpMessages = 50;
const patienceMs = 60_000;
const padding = "x".repeat(100);

if (process.send !== undefined) {
  process.on("message", (job: Job) => {
    run(job).then(
      (measured) => process.send?.({ measured }),
      (error: unknown) => process.send?.({ failed: String(error) }),
    );
  });
}

async function run({ pairs, window, messagesPerPair, sleepMs }: Job): Promise<Measured> {
  const talks = await Promise.all(pairs.map((pair) => Talk.open(pair)));
  await Promise.all(talks.map((talk) => talk.carry(warmUpMessages, Math.min(window, 4))));
  await wait(sleepMs ?? 0);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const measured =
    sleepMs === undefined
      ? await Promise.all(talks.map((talk) => talk.carry(messagesPerPair, window)))
      : await oneByOne(talks, (talk) => talk.carry(messagesPerPair, window));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  for (const talk of talks) {
    talk.close();
  }
  return {
    elapsedMs,
    ackMs: measured.flatMap(({ ackMs }) => ackMs),
    deliveryMs: measured.flatMap(({ deliveryMs }) => deliveryMs),
    pairMs: measured.map(({ tookMs }) => tookMs),
    clientCpuMs: (user + system) / 1_000,
  };
}

async function oneByOne<One, Answer>(
  all: readonly One[],
  answerOf: (one: One) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const one of all) {
    answers.push(await answerOf(one));
  }
  return answers;
}

/** One user sends, the other listens. Acks come in the order of the sends, so counting tells whose one is. */
class Talk {
  readonly #dialect: Dialect;
  #sender!: RawSocket;
  #receiver!: RawSocket;
  #readyEnds = 0;
  #ownSeen = 0;
  #sentAt: number[] = [];
  #ackMs: number[] = [];
  #deliveryMs: number[] = [];
  #fault: string | undefined;
  #changed = (): void => undefined;

  private constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  static async open({ sender, receiver, dialect }: Pair): Promise<Talk> {
    const talk = new Talk(dialects[dialect]);
    talk.#receiver = await RawSocket.connect(receiver.address, receiver.headers, (text) =>
      talk.#received(text),
    );
    talk.#sender = await RawSocket.connect(sender.address, sender.headers, (text) => talk.#answered(text));
    const { hello } = talk.#dialect;
    if (hello !== undefined) {
      talk.#receiver.send(hello);
      talk.#sender.send(hello);
    }
    await talk.#until("ready", () => talk.#readyEnds === 2);
    return talk;
  }

  async carry(count: number, window: number) {
    const startedAt = performance.now();
    const total = this.#sentAt.length + count;
    await this.#until("all acknowledged and delivered", () => {
      while (this.#sentAt.length < total && this.#sentAt.length - this.#ackMs.length < window) {
        this.#send();
      }
      return this.#ackMs.length === total && this.#deliveryMs.length === total;
    });
    return {
      ackMs: this.#ackMs.slice(-count),
      deliveryMs: this.#deliveryMs.slice(-count),
      tookMs: performance.now() - startedAt,
    };
  }

  close(): void {
    this.#sender.close();
    this.#receiver.close();
  }

  // `after` is the newest revision the sender saw: in a new conversation, how many messages came back to it.
  #send(): void {
    const index = this.#sentAt.length;
    this.#sentAt.push(performance.now());
    this.#sender.send(this.#dialect.send(index, this.#ownSeen, `${index} ${padding}`));
  }

  #answered(text: string): void {
    const kind = this.#dialect.kindOf(text);
    if (kind === "ack") {
      this.#ackMs.push(performance.now() - (this.#sentAt[this.#ackMs.length] ?? 0));
    } else if (kind === "message") {
      this.#ownSeen += 1;
    } else {
      this.#other(kind, text, this.#sender);
    }
    this.#changed();
  }

  #received(text: string): void {
    const kind = this.#dialect.kindOf(text);
    if (kind === "message") {
      const expected = this.#deliveryMs.length;
      this.#deliveryMs.push(performance.now() - (this.#sentAt[expected] ?? 0));
      if (!text.includes(`"text":"${expected} `)) {
        this.#fault = `message ${expected} is missing, doubled or late`;
      }
    } else {
      this.#other(kind, text, this.#receiver);
    }
    this.#changed();
  }

  #other(kind: Kind, text: string, socket: RawSocket): void {
    if (kind === "ready") {
      this.#readyEnds += 1;
    } else if (kind === "fault") {
      this.#fault = text;
    } else {
      const reply = this.#dialect.reply?.(text);
      if (reply !== undefined) {
        socket.send(reply);
      }
    }
  }

  #until(what: string, isTrue: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const counts = `${this.#sentAt.length} sent, ${this.#ackMs.length} acks, ${this.#deliveryMs.length} delivered`;
        reject(new Error(`not ${what} in time: ${counts}`));
      }, patienceMs);
      this.#changed = () => {
        const done = isTrue();
        if (this.#fault !== undefined) {
          clearTimeout(timer);
          reject(new Error(this.#fault));
        } else if (done) {
          clearTimeout(timer);
          this.#changed = () => undefined;
          resolve();
        }
      };
      this.#changed();
    });
  }
}

/** Ends with its parent. */
if (process.send !== undefined) {
  await once(process, "disconnect");
  process.exit(0);
}
