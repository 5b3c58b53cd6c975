import type { CreateClient } from "../../e2e/client-variant.ts";
import { violationsAtRest } from "./checks.ts";
import { deployedWith, pasts } from "./pasts.ts";
import { SessionRun } from "./session-run.ts";
import type { Session } from "./steps.ts";

export interface Outcome {
  /** What did not hold, in the order of its finding. */
  readonly violations: readonly string[];
  readonly actions: number;
}

/** Plays one session to its end. The same session has the same outcome each time. */
export async function playSession(
  create: CreateClient,
  session: Session,
  trace: (what: string) => void = () => {},
): Promise<Outcome> {
  const past = pasts[session.past] ?? pasts[0];
  if (past === undefined) {
    throw new Error("there is no past");
  }
  const disk = await deployedWith(past);
  const run = new SessionRun({ create, trace }, session, disk);
  try {
    await run.leaveBehind(session.leftovers);
    for (const step of session.steps) {
      await run.take(step);
    }
    await run.heal();
    const atRest = await violationsAtRest(run);
    return { violations: [...run.violations, ...atRest], actions: run.actions };
  } finally {
    run.stop();
  }
}
