import { expect, onTestFinished } from "vitest";
import type { LogEventName } from "../../../src/observability/log-events.ts";
import { stubOf, type Users } from "../by-hand.ts";
import { env, rest } from "../clients.ts";
import { faultyD1, type FaultyD1 } from "../faulty-d1.ts";
import type { Line } from "../logged.ts";

export type Faults = { readonly [Name in LogEventName]?: Fault };

/** What makes a line of the log, and which. */
export interface Fault {
  readonly object: "door" | "conversation" | "inbox" | "session";
  /** What the line says beside its name and place. */
  readonly fields: Omit<Line, "event">;
  readonly provoke: (users: Users) => Promise<unknown>;
}

export const requestId = expect.any(String) as string;
export const some = expect.any(Number) as number;

export const throwing = () => {
  throw new Error("a fault of the test's own");
};

/** Every call to D1 fails until the test is over, or `mode` says otherwise. */
export function d1Down(): FaultyD1 {
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  return faulty;
}

/** A message over REST. */
export async function posted(from: string, to: string, id = "1"): Promise<void> {
  await rest(from, to, "POST", "/messages", { id, text: "hello" });
}

export async function postedAndArchived(users: Users): Promise<void> {
  await posted(users.a, users.b);
  await stubOf(users).waitUntilReplicated(1);
}
