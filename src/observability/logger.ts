import { logEvents, type FieldsOf, type LogEventName, type LogLevel } from "./log-events.ts";

/** Fields of every line of one object. */
export type Context = Readonly<Record<string, string>>;

const writers: Readonly<Record<LogLevel, (line: string) => void>> = {
  debug: (line) => console.debug(line),
  info: (line) => console.info(line),
  warn: (line) => console.warn(line),
  error: (line) => console.error(line),
};

/**
 * The levels that each value of `LOG_LINES` leaves out; without one, `debug`. An object that slept wakes with every
 * message, and a log line costs more than the message.
 */
const omittedLevels = new Map<string | undefined, readonly LogLevel[]>([
  ["all", []],
  ["failures", ["debug", "info"]],
]);

/** Writes one event as a line of JSON. Nothing else in the Worker writes to the console. */
export function writeLogLine<Name extends LogEventName>(
  event: Name,
  fields: FieldsOf<Name>,
  { context, which }: { readonly context?: Context; readonly which?: string | undefined } = {},
): void {
  const { level } = logEvents[event];
  if (!(omittedLevels.get(which) ?? ["debug"]).includes(level)) {
    writers[level](JSON.stringify({ event, ...context, ...fields }));
  }
}
