import type { ErrorCode } from "../protocol/errors.ts";
import type { FieldsOf, LogLineName } from "./log-lines.ts";

/** The part of a Workers Analytics Engine dataset that is used. Writing waits for nothing. */
export type Dataset = Pick<AnalyticsEngineDataset, "writeDataPoint">;

/** What counts: an object, by its id, or the door, which is none. */
export interface Place {
  readonly kind: "conversation" | "inbox" | "session" | "door";
  readonly id: string;
}

/** `what` happened, how much of it, and for how long where that matters. */
interface Measure {
  readonly counter: "sockets" | "archive" | "refused";
  readonly what: string;
  readonly value: number;
  readonly ms?: number;
}

/** Refusals of a code are written at most so often; what comes meanwhile goes with the next. */
const tallyMs = 10_000;

const sockets = (what: string, value: number, ms?: number): Measure => ({
  counter: "sockets",
  what,
  value,
  ...(ms !== undefined && { ms }),
});

/** What a line of the log also counts. */
const measures: { readonly [Name in LogLineName]?: (fields: FieldsOf<Name>) => Measure } = {
  object_abandoned: () => sockets("abandoned", 0),
  socket_opened: ({ sockets: open }) => sockets("opened", Number(open)),
  socket_closed: ({ code, openMs, sockets: open }) => sockets(String(code), Number(open), Number(openMs)),
  session_opened: ({ sockets: open }) => sockets("opened", Number(open)),
  session_ended: ({ sockets: open }) => sockets("ended", Number(open)),
  session_lost: () => sockets("lost", 0),
  archive_flush_failed: ({ fault, lag, failingMs }) => archive(String(fault), lag, Number(failingMs)),
  archive_slow: ({ ms, lag }) => archive("slow", lag, Number(ms)),
  archive_recovered: ({ failingMs }) => archive("recovered", 0, Number(failingMs)),
};

/** What stands for a lag that the object does not know: a point has a number. */
const unknownLag = -1;

function archive(what: string, lag: string | number | undefined, ms: number): Measure {
  return { counter: "archive", what, value: Number(lag ?? unknownLag), ms };
}

/** The counters of one object, or of the door, as data points: index the object; blobs counter, kind and what; doubles value, milliseconds, and when. */
export class Counters {
  readonly #dataset: Dataset;
  readonly #place: Place;
  readonly #now: () => number;
  /** Points of one second are told apart by it: the dataset's own times are whole seconds. */
  #writtenAtMs = 0;
  readonly #refused = new Map<ErrorCode, { count: number; writtenAtMs: number }>();

  constructor(dataset: Dataset, place: Place, now: () => number) {
    this.#dataset = dataset;
    this.#place = place;
    this.#now = now;
  }

  /** What a line says. A socket that closed takes along what was refused and not written yet. */
  reported<Name extends LogLineName>(event: Name, fields: FieldsOf<Name>): void {
    const measure = measures[event]?.(fields);
    if (measure !== undefined) {
      this.#write(measure);
    }
    if (measure?.counter === "sockets") {
      this.#refused.forEach((_, code) => this.#writeRefused(code));
    }
  }

  /** A refusal. Who is refused a thousand times a second must not cost a thousand data points. */
  refused(code: ErrorCode): void {
    const tally = this.#refused.get(code) ?? { count: 0, writtenAtMs: Number.NEGATIVE_INFINITY };
    this.#refused.set(code, { ...tally, count: tally.count + 1 });
    if (Math.abs(this.#now() - tally.writtenAtMs) >= tallyMs) {
      this.#writeRefused(code);
    }
  }

  #writeRefused(code: ErrorCode): void {
    const { count = 0 } = this.#refused.get(code) ?? {};
    if (count > 0) {
      this.#refused.set(code, { count: 0, writtenAtMs: this.#now() });
      this.#write({ counter: "refused", what: code, value: count });
    }
  }

  #write({ counter, what, value, ms = 0 }: Measure): void {
    const { kind, id } = this.#place;
    this.#writtenAtMs = Math.max(this.#now(), this.#writtenAtMs + 1);
    const doubles = [value, ms, this.#writtenAtMs];
    try {
      this.#dataset.writeDataPoint({ indexes: [id], blobs: [counter, kind, what], doubles });
    } catch {
      // An invocation may write so many and no more: whoever is served must not suffer from being counted.
    }
  }
}
