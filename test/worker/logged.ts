import { expect, onTestFinished, vi } from "vitest";
import type { LogEventName } from "../../src/observability/log-events.ts";

export interface Line {
  readonly event: LogEventName;
  readonly [field: string]: string | number;
}

export interface Logged {
  readonly lines: () => Line[];
  /** The lines of one name. */
  readonly all: (event: LogEventName) => Line[];
  /** The first line of a name, once it is there. */
  readonly said: (event: LogEventName) => Promise<Line | undefined>;
  readonly text: () => string;
}

/** What is logged from now on; kept from the terminal until the test is over. */
export function logged(): Logged {
  const spies = (["debug", "info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  const texts = () => spies.flatMap((spy) => spy.mock.calls.map(([line]) => String(line)));
  const lines = () => texts().map((line) => JSON.parse(line) as Line);
  const all = (event: LogEventName) => lines().filter((line) => line.event === event);
  const said = async (event: LogEventName) => {
    await expect.poll(() => lines().map((line) => line.event)).toContain(event);
    return all(event)[0];
  };
  return { lines, all, said, text: () => texts().join("\n") };
}
