import { writeLine } from "../logger.ts";
import type { Report } from "./log-lines.ts";

/** Reports of what all objects of an isolate share with the door: which of them asked does not matter. */
export const reportShared: Report = (event, fields) => {
  writeLine(event, fields, { context: { object: "door" } });
};
