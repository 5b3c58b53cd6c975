import type { ErrorCode } from "../protocol/errors.ts";
import type { FieldsOf, LogEventName } from "./log-events.ts";

/** The part of a Workers Analytics Engine dataset that is used. Writing does not wait for the dataset. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/** A Durable Object with its id, or the Worker outside of objects (`door`). */
export interface ObservedObject {
  readonly kind: "conversation" | "inbox" | "session" | "door";
  readonly id: string;
}

/** One data point: `what` happened, a quantity, and for some a duration. */
interface Measure {
  readonly counter: "sockets" | "archive" | "refused";
  readonly what: string;
  readonly value: number;
  readonly ms?: number;
}

/** Refusals of one code are written at most once in this time, as their number. */
const refusalIntervalMs = 10_000;

const sockets = (what: string, value: number, ms?: number): Measure => ({
  counter: "sockets",
  what,
  value,
  ...(ms !== undefined && { ms }),
});

/** The data points of log events. */
const measures: { readonly [Name in LogEventName]?: (fields: FieldsOf<Name>) => Measure } = {
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

/** Stands for a lag that the object does not know, because a data point needs a number. */
const unknownLag = -1;

function archive(what: string, lag: string | number | undefined, ms: number): Measure {
  return { counter: "archive", what, value: Number(lag ?? unknownLag), ms };
}

/**
 * Writes data points of one object. Index: the object. Blobs: counter, kind, what. Doubles: value, milliseconds, time of
 * writing.
 */
export class Metrics {
  readonly #dataset: Dataset;
  readonly #observed: ObservedObject;
  readonly #now: () => number;
  /** Orders the points of one second: the times of the dataset are whole seconds. */
  #writtenAtMs = 0;
  readonly #refused = new Map<ErrorCode, { count: number; writtenAtMs: number }>();

  constructor(dataset: Dataset, observed: ObservedObject, now: () => number) {
    this.#dataset = dataset;
    this.#observed = observed;
    this.#now = now;
  }

  /** Writes the data point of a log event. With a socket event, also the refusals that were not written yet. */
  record<Name extends LogEventName>(event: Name, fields: FieldsOf<Name>): void {
    const measure = measures[event]?.(fields);
    if (measure !== undefined) {
      this.#write(measure);
    }
    if (measure?.counter === "sockets") {
      this.#refused.forEach((_, code) => this.#writeRefused(code));
    }
  }

  /** Counts a refusal. A client that is refused a thousand times a second does not cost a thousand data points. */
  countRefusal(code: ErrorCode): void {
    const tally = this.#refused.get(code) ?? { count: 0, writtenAtMs: Number.NEGATIVE_INFINITY };
    this.#refused.set(code, { ...tally, count: tally.count + 1 });
    if (Math.abs(this.#now() - tally.writtenAtMs) >= refusalIntervalMs) {
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
    const { kind, id } = this.#observed;
    this.#writtenAtMs = Math.max(this.#now(), this.#writtenAtMs + 1);
    const doubles = [value, ms, this.#writtenAtMs];
    try {
      this.#dataset.writeDataPoint({ indexes: [id], blobs: [counter, kind, what], doubles });
    } catch {
      // The platform limits the data points of an invocation. A metric that is lost must not fail the request.
    }
  }
}
