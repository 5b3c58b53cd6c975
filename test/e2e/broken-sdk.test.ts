import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backOffViolations } from "./back-off-watch.ts";
import { clientWith, type Change } from "./client-variant.ts";
import type { FaultRates } from "./fault-plan.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { runWithFaults } from "./sdk-run.ts";

const seeds = [1, 2, 3];
const messages = 25;
const timing = { backOffBaseMs: 50, backOffCapMs: 200, heartbeatMs: 300, answerMs: 1_500 };
const rates: FaultRates = {
  refused: 0.1,
  spoiltRequests: 0.2,
  dropped: 0.05,
  duplicated: 0.05,
  delayed: 0.02,
  longestDelayMs: 20,
  mostFrames: 60,
};

const noResend: readonly Change[] = [
  {
    file: "outbox.ts",
    from: ".find(({ error }) => error === undefined)",
    to: ".find(({ error, wasSent }) => error === undefined && !wasSent)",
  },
  {
    file: "outbox.ts",
    from: "this.#underWay = next.entry.id;",
    to: "this.#underWay = next.entry.id; next.wasSent = true;",
  },
];
const noDedup: readonly Change[] = [
  { file: "follower.ts", from: "if (message.rev <= this.#cursor) {", to: "if (false) {" },
];
const noGapCheck: readonly Change[] = [
  { file: "follower.ts", from: "isFirst || message.rev > this.#cursor + 1", to: "isFirst" },
  { file: "follower.ts", from: "this.isLive && rev > (this.#cursor ?? 0)", to: "false" },
  { file: "backlog.ts", from: "seq !== this.#head + 1 + index", to: "false" },
  { file: "backlog.ts", from: "added.size === head - this.#head", to: "true" },
];
const noBound: readonly Change[] = [
  {
    file: "back-off.ts",
    from: "Math.min(backOffCapMs, backOffBaseMs * 2 ** failures)",
    to: "backOffBaseMs * 2 ** failures",
  },
];
const noJitter: readonly Change[] = [{ file: "back-off.ts", from: "Math.random() *", to: "" }];

describe("the check of the runs with faults", () => {
  let worker: ProvenWorker;

  beforeAll(async () => {
    worker = await ProvenWorker.build();
    await worker.start();
  });

  afterAll(() => worker.remove());

  test("[CL5][CL7][CL16] it passes the client as it is", async () => {
    expect(await violations([], 20_000)).toEqual([]);
  });

  test.each([
    { rule: "CL7", what: "sends nothing again", changes: noResend, fault: "everything arrived" },
    {
      rule: "CL16",
      what: "takes what comes twice for new",
      changes: noDedup,
      fault: "each once and in order",
    },
    {
      rule: "CL5",
      what: "does not see that something is missing",
      changes: noGapCheck,
      fault: "without a gap",
    },
  ])("[$rule] it fails a client that $what", async ({ changes, fault }) => {
    expect(await violations(changes, 2_000)).toContainEqual(expect.stringContaining(fault));
  });

  async function violations(changes: readonly Change[], stallMs: number): Promise<readonly string[]> {
    const create = await clientWith(changes);
    const options = { messages, rates, timing, stallMs, isSingle: false };
    const outcomes = await Promise.all(
      seeds.map((seed) => runWithFaults(create, worker, { ...options, seed })),
    );
    return outcomes.flatMap((outcome) => outcome.violations);
  }
});

describe("the check of the waits between tries", () => {
  test("[CL1] it passes the client as it is", async () => {
    expect(await backOffViolations(await clientWith([]))).toEqual([]);
  });

  test.each([
    { what: "waits without a bound", changes: noBound, fault: "beyond its bound" },
    { what: "waits as long as all others", changes: noJitter, fault: "not spread" },
  ])("[CL1] it fails a client that $what", async ({ changes, fault }) => {
    expect(await backOffViolations(await clientWith(changes))).toContainEqual(expect.stringContaining(fault));
  });
});

test("a change that is not in the client's source is refused", async () => {
  const changes = [{ file: "outbox.ts", from: "what nobody wrote", to: "" }];
  await expect(clientWith(changes)).rejects.toThrow("exactly once");
});
