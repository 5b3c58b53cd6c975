import { logEvents, type LogEventName } from "../../src/observability/log-events.ts";

/** A line that the Worker wrote, not the runtime around it; without the fields of every line. */
interface WrittenLine {
  readonly event: string;
  readonly fields: readonly string[];
}

const inEveryLine = new Set(["event", "object", "objectId"]);

export function writtenLines(log: readonly string[]): readonly WrittenLine[] {
  return log
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => {
      const values = JSON.parse(line) as { readonly event: string };
      const fields = Object.keys(values).filter((field) => !inEveryLine.has(field));
      return { event: values.event, fields };
    });
}

/** Lines that the list does not have, or with other fields. */
export function strangeLines(log: readonly string[]): readonly WrittenLine[] {
  return writtenLines(log).filter(({ event, fields }) => {
    const known: readonly string[] | undefined = Object.hasOwn(logEvents, event)
      ? logEvents[event as LogEventName].fields
      : undefined;
    return known === undefined || !haveAll(fields, known);
  });
}

/** Whether these are the fields of the list and no others; one with `?` may be missing. */
function haveAll(fields: readonly string[], known: readonly string[]): boolean {
  const lacking = known.filter((field) => !fields.includes(field.replace("?", "")));
  const foreign = fields.filter((field) => !known.includes(field) && !known.includes(`${field}?`));
  return foreign.length === 0 && lacking.every((field) => field.endsWith("?"));
}
