import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { clientWith, type Change } from "../e2e/client-variant.ts";
import { pinnedSessions } from "./client-sessions/pinned-sessions.ts";
import { playSession } from "./client-sessions/run.ts";
import { session, type Session } from "./client-sessions/steps.ts";

// More, and other seeds: docs/guides/proof.md.
const runs = Number(process.env["SESSION_RUNS"] ?? 120);
const seed = Number(process.env["SESSION_SEED"] ?? 1);
const path = process.env["SESSION_PATH"];
/** A planted bug is found within so many sessions. */
const plantedRuns = 150;

test(
  `[CL3][CL4][CL5][CL7][CL8][CL11][CL15][CL16][CL17][CL25] ${runs} sessions that begin in any past lose, repeat and overwrite nothing`,
  { timeout: 300_000 + runs * 5_000 },
  async ({ annotate }) => {
    let actions = 0;
    const result = await fc.check(
      fc.asyncProperty(session, async (drawn) => {
        const outcome = await playSession(createClient, drawn);
        actions += outcome.actions;
        expect(outcome.violations).toEqual([]);
      }),
      { numRuns: runs, seed, ...(path !== undefined && { path }) },
    );
    await annotate(`${result.numRuns} sessions, ${actions} steps`);
    expect(await reportOf(result), "repeats it").toBe("");
    expect(actions).toBeGreaterThan(0);
  },
);

/** What led to the failure in its smallest form, and what repeats it; nothing without one. */
async function reportOf(result: fc.RunDetails<[Session]>): Promise<string> {
  const [smallest] = result.counterexample ?? [];
  if (smallest === undefined) {
    return "";
  }
  const trace: string[] = [];
  await playSession(createClient, smallest, (line) => trace.push(line));
  return [
    `SESSION_SEED=${result.seed} SESSION_PATH=${result.counterexamplePath} SESSION_RUNS=1`,
    await fc.asyncDefaultReportMessage(result),
    ...trace,
  ].join("\n");
}

test.each(pinnedSessions)("[$rule] a session that once failed: $what", async ({ session: pinned }) => {
  const { violations } = await playSession(createClient, pinned);
  expect(violations).toEqual([]);
});

test("the same session has the same course each time", async () => {
  const [drawn] = fc.sample(session, { numRuns: 1, seed: 3 });
  const first = await courseOf(drawn);
  const second = await courseOf(drawn);
  expect(first.length).toBeGreaterThan(10);
  expect(second).toEqual(first);
});

/** Everything that passes, but for ids, which are drawn. */
async function courseOf(drawn: Session | undefined): Promise<readonly string[]> {
  const course: string[] = [];
  if (drawn !== undefined) {
    await playSession(createClient, drawn, (line) =>
      course.push(line.replace(/"(id|requestId)":"[^"]+"/g, "")),
    );
  }
  return course;
}

/** Nothing starts the outbox of a conversation that the list or another frame makes live. */
const neverSends: readonly Change[] = [
  {
    file: "conversation-state.ts",
    from: `      this.marks.want("delivered", head);
    }
    this.#advance();`,
    to: `      this.marks.want("delivered", head);
    }`,
  },
  {
    file: "conversation-state.ts",
    from: `      this.marks.flush();
    }
    this.#advance();
    this.status.changed();
  }

  /** The socket is gone. */`,
    to: `      this.marks.flush();
    }
    this.status.changed();
  }

  /** The socket is gone. */`,
  },
];
/** What a conversation says that was not known before the client was away counts as known. */
const neverReports: readonly Change[] = [
  {
    file: "feed.ts",
    from: "if (newestAtMs > this.#missed.sinceMs && !this.isCatchingUp) {",
    to: "if (false) {",
  },
  { file: "feed.ts", from: "} else if (this.#mayHaveMissed) {", to: "} else if (false) {" },
];
/** One failed request is enough to begin a conversation anew. */
const givesUp: readonly Change[] = [
  { file: "missed-messages.ts", from: "const maxFailures = 5;", to: "const maxFailures = 1;" },
];
/** An edit claims that its user has seen all that the client has. */
const overwrites: readonly Change[] = [
  { file: "conversation.ts", from: "newestSeen(cursor, target?.rev, seenRev)", to: "cursor" },
];

test.each([
  { rule: "CL4", what: "does not send what waits", changes: neverSends, finding: "not sent within a second" },
  {
    rule: "CL16",
    what: "does not report what it missed",
    changes: neverReports,
    finding: "is never reported",
  },
  { rule: "CL16", what: "gives up at one failure", changes: givesUp, finding: "without a needless reset" },
  { rule: "CL25", what: "overwrites unseen edits", changes: overwrites, finding: "leaves the unseen" },
])("[$rule] the sessions find a client that $what", async ({ changes, finding }) => {
  const create = await clientWith(changes);
  const result = await fc.check(
    fc.asyncProperty(session, async (drawn) => {
      const { violations } = await playSession(create, drawn);
      expect(violations.filter((violation) => violation.includes(finding))).toEqual([]);
    }),
    { numRuns: plantedRuns, seed: 1, endOnFailure: true },
  );
  expect(result.failed).toBe(true);
});
