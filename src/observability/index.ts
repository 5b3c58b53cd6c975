import { errorCatalogue, type ErrorCode } from "../protocol/errors.ts";
import type { Report } from "./log-events.ts";
import { writeLogLine } from "./logger.ts";
import { Metrics, type Dataset, type ObservedObject } from "./metrics.ts";

/** How one object, or the Worker outside of objects (`door`), reports events to its operators. */
export interface Observer {
  readonly report: Report;
  /** Counts a refused request. */
  readonly countRefusal: (code: ErrorCode) => void;
  /** Counts a refused frame, and logs it if its error is the server's fault (status 500 and above). */
  readonly reportRefusal: (code: ErrorCode, requestId: string) => void;
}

/** The bindings and variables that say where events go. */
interface ObservabilityEnv {
  readonly METRICS?: Dataset | undefined;
  readonly LOG_LINES?: string | undefined;
}

/** Logs to the console as `LOG_LINES` allows, and counts in the `METRICS` dataset if that is bound. */
export function createObserver({ METRICS, LOG_LINES }: ObservabilityEnv, observed: ObservedObject): Observer {
  const metrics = METRICS === undefined ? undefined : new Metrics(METRICS, observed, Date.now);
  const context =
    observed.kind === "door" ? { object: "door" } : { object: observed.kind, objectId: observed.id };
  const which = LOG_LINES?.trim();
  const report: Report = (event, fields) => {
    writeLogLine(event, fields, { context, which });
    metrics?.record(event, fields);
  };
  const countRefusal = (code: ErrorCode) => metrics?.countRefusal(code);
  const reportRefusal = (code: ErrorCode, requestId: string) => {
    countRefusal(code);
    if (errorCatalogue[code].status >= 500) {
      report("frame_failed", { requestId, code });
    }
  };
  return { report, countRefusal, reportRefusal };
}

/** Reports events of caches that all objects of an isolate share: the log does not say which object caused them. */
export const reportShared: Report = (event, fields) => {
  writeLogLine(event, fields, { context: { object: "door" } });
};
