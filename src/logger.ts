import { logLines, type FieldsOf, type LogLineName, type LogLevel } from "./operations/log-lines.ts";

/** What stands in every line of one place: which object it is, or which request. */
export type Context = Readonly<Record<string, string>>;

const writers: Readonly<Record<LogLevel, (line: string) => void>> = {
  debug: (line) => console.debug(line),
  info: (line) => console.info(line),
  warn: (line) => console.warn(line),
  error: (line) => console.error(line),
};

/** By `LOG_LINES`, what is left out. Wake-ups come with every message to who sleeps, and a line costs more than that. */
const leftOut = new Map<string | undefined, readonly LogLevel[]>([
  ["all", []],
  ["failures", ["debug", "info"]],
]);

/** The one way to the log: a line of JSON for an event of the list. */
export function writeLine<Name extends LogLineName>(
  event: Name,
  fields: FieldsOf<Name>,
  { context, which }: { readonly context?: Context; readonly which?: string | undefined } = {},
): void {
  const { level } = logLines[event];
  if (!(leftOut.get(which) ?? ["debug"]).includes(level)) {
    writers[level](JSON.stringify({ event, ...context, ...fields }));
  }
}
