import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { once } from "node:events";

const mostShown = 20;
const progressEveryMs = 5_000;
const progressEveryLines = 100_000;

/** A line of the file, as it stands there. */
export interface GivenLine {
  readonly number: number;
  readonly text: string;
}

/** Counts what was not imported, shows the first twenty, and keeps all of it in a file where one is named. */
export class Rejects {
  readonly #file: WriteStream | undefined;
  #shown = 0;
  count = 0;

  /** A run that goes on behind another's lines adds to its rejects. Throws where the file cannot be written. */
  constructor(path: string | undefined, isContinued: boolean) {
    this.#file =
      path === undefined
        ? undefined
        : createWriteStream(path, { fd: openSync(path, isContinued ? "a" : "w") });
  }

  add({ number, text }: GivenLine, code: string, message: string): void {
    this.count += 1;
    this.#file?.write(`${JSON.stringify({ line: number, code, message, given: text })}\n`);
    if (this.#shown < mostShown) {
      this.#shown += 1;
      console.error(`line ${number}: ${code}: ${message}`);
    } else if (this.count === mostShown + 1) {
      const kept =
        this.#file === undefined ? "--rejects <file> would keep them" : "the file of rejects has them";
      console.error(`Further rejects are counted and not shown here; ${kept}.`);
    }
  }

  /** How many there are, and how many of them were not shown. */
  summary(): string {
    const hidden = this.count - this.#shown;
    return `${counted(this.count)} rejected${hidden > 0 ? ` (${counted(hidden)} of them not shown above)` : ""}`;
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) {
      this.#file.end();
      await once(this.#file, "finish");
    }
  }
}

/** Says how far an import is: every five seconds, and every 100,000 lines. */
export class Progress {
  readonly #now: () => number;
  readonly #say: (line: string) => void;
  #saidAtMs: number;
  #saidLines = 0;

  constructor(now: () => number = Date.now, say: (line: string) => void = console.error) {
    this.#now = now;
    this.#say = say;
    this.#saidAtMs = now();
  }

  /** `share` is how much of the file was read, 0 to 1. */
  reached(line: number, share: number): void {
    if (this.#now() - this.#saidAtMs >= progressEveryMs || line - this.#saidLines >= progressEveryLines) {
      this.#tell(line, `line ${counted(line)}, ${Math.floor(share * 100)} %`);
    }
  }

  /** Waits that are too short to be noticed are not mentioned. */
  waiting(line: number, waitMs: number, reason: string): void {
    if (waitMs >= 1_000 && this.#now() - this.#saidAtMs >= progressEveryMs) {
      this.#tell(line, `line ${counted(line)}: ${reason}; waiting ${Math.ceil(waitMs / 1_000)} s`);
    }
  }

  #tell(line: number, text: string): void {
    this.#saidAtMs = this.#now();
    this.#saidLines = line;
    this.#say(text);
  }
}

export function counted(count: number): string {
  return count.toLocaleString("en");
}
