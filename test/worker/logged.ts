import { expect, onTestFinished, vi } from "vitest";
import type { LogLineName } from "../../src/operations/log-lines.ts";

export interface Line {
  readonly event: LogLineName;
  readonly [field: string]: string | number;
}

export interface Logged {
  readonly lines: () => Line[];
  /** The lines of one name. */
  readonly all: (event: LogLineName) => Line[];
  /** The first line of a name, once it is there. */
  readonly said: (event: LogLineName) => Promise<Line | undefined>;
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
  const all = (event: LogLineName) => lines().filter((line) => line.event === event);
  const said = async (event: LogLineName) => {
    await expect.poll(() => lines().map((line) => line.event)).toContain(event);
    return all(event)[0];
  };
  return { lines, all, said, text: () => texts().join("\n") };
}
