import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Longer than the longest time limit of a test or hook in vitest.config.ts. */
const longestQuietMs = 290_000;

interface Running {
  /** The test or file that ran last. */
  name: string;
  atMs: number;
}

/**
 * Ends a run that hangs, with the name of what was running. Vitest's own time limits are timers beside the test: they do
 * not fire when its runtime stops running timers, or when its thread never yields.
 */
export default class HangReporter implements Reporter {
  readonly #running = new Map<string, Running>();
  readonly #queued = new Map<string, string>();
  /** When any file of the run reported something. */
  #lastAtMs = Number.POSITIVE_INFINITY;
  readonly #exit: (message: string) => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor({
    exit = exitWith,
    now = Date.now,
  }: { exit?: (message: string) => void; now?: () => number } = {}) {
    this.#exit = exit;
    this.#now = now;
  }

  onTestRunStart(): void {
    this.#timer ??= setInterval(() => this.check(), 5_000);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#running.clear();
    this.#queued.clear();
  }

  /** A queued file waits for others, or runs its setup and imports. */
  onTestModuleQueued({ id, relativeModuleId }: TestModule): void {
    this.#queued.set(id, relativeModuleId);
    this.#lastAtMs = this.#now();
  }

  onTestModuleStart(module: TestModule): void {
    this.#note(module, module.relativeModuleId);
  }

  onTestCaseReady(test: TestCase): void {
    this.#note(test.module, `${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestCaseResult(test: TestCase): void {
    this.#note(test.module, `${test.module.relativeModuleId}, after ${test.fullName}`);
  }

  onTestModuleEnd({ id }: TestModule): void {
    this.#running.delete(id);
    this.#lastAtMs = this.#now();
  }

  /** Ends the run if a file has reported nothing for too long. */
  check(): void {
    const now = this.#now();
    const running = [...this.#running.values()].filter(({ atMs }) => now - atMs > longestQuietMs);
    const starting = now - this.#lastAtMs > longestQuietMs ? [...this.#queued.values()] : [];
    const hung = [...running.map(({ name }) => name), ...starting];
    if (hung.length > 0) {
      const names = hung.map((name) => `  ${name}`).join("\n");
      this.#exit(`\nThe run hangs: nothing happened for ${longestQuietMs / 1_000} s in\n${names}\n`);
    }
  }

  #note({ id }: TestModule, name: string): void {
    this.#queued.delete(id);
    this.#lastAtMs = this.#now();
    this.#running.set(id, { name, atMs: this.#lastAtMs });
  }
}

function exitWith(message: string): void {
  process.stderr.write(message, () => process.exit(1));
}
