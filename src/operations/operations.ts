import type { Env } from "../env.ts";
import { writeLine } from "../logger.ts";
import { errorCatalogue, type ErrorCode } from "../protocol/errors.ts";
import { Counters, type Place } from "./counters.ts";
import type { Report } from "./log-lines.ts";

/** What whoever operates the Worker sees of one object, or of the door. */
export interface Operations {
  readonly report: Report;
  /** A request was refused: counted. */
  readonly counted: (code: ErrorCode) => void;
  /** A frame of a client was refused: counted, and a line where the server is to blame. */
  readonly refused: (code: ErrorCode, requestId: string) => void;
}

type OperationsEnv = Pick<Env, "METRICS" | "LOG_LINES">;

export function operationsOf({ METRICS, LOG_LINES }: OperationsEnv, place: Place): Operations {
  const counters = METRICS === undefined ? undefined : new Counters(METRICS, place, Date.now);
  const context = place.kind === "door" ? { object: "door" } : { object: place.kind, objectId: place.id };
  const which = LOG_LINES?.trim();
  const report: Report = (event, fields) => {
    writeLine(event, fields, { context, which });
    counters?.reported(event, fields);
  };
  const counted = (code: ErrorCode) => counters?.refused(code);
  const refused = (code: ErrorCode, requestId: string) => {
    counted(code);
    if (errorCatalogue[code].status >= 500) {
      report("frame_failed", { requestId, code });
    }
  };
  return { report, counted, refused };
}
