import { ask, Refused } from "./admin-request.ts";
import type { Deployment } from "./deployment.ts";
import { verificationSchema, type Difference, type Verification } from "../protocol/verification.ts";

/** What a comparison of a whole conversation found, in lines to print and in numbers. */
export interface Compared {
  readonly lines: readonly string[];
  readonly checked: number;
  readonly pending: number;
  readonly differences: number;
  /** Differences that are still there. */
  readonly remaining: number;
}

/** Compares a whole conversation, part by part, and prints what it finds. Answers whether D1 is as the record now. */
export async function verifyAll(
  deployment: Deployment,
  users: readonly [string, string],
  repair: boolean,
): Promise<boolean> {
  const compared = await compareAll(deployment, users, repair);
  compared.lines.forEach((line) => console.log(line));
  if (compared.pending > 0) {
    console.log(`  ${counted(compared.pending, "row")} on the way to D1: not compared, verify again later`);
  }
  const messages = `${counted(compared.checked, "message")} compared`;
  console.log(`${users.join(", ")}: ${messages}, ${resultOf(compared, repair)}`);
  return compared.remaining === 0;
}

/** Compares a whole conversation, part by part. Throws an error whose message an operator can read. */
export async function compareAll(
  deployment: Deployment,
  users: readonly [string, string],
  repair: boolean,
): Promise<Compared> {
  const lines: string[] = [];
  const total = { checked: 0, pending: 0, differences: 0, remaining: 0 };
  let from: number | undefined = 1;
  while (from !== undefined) {
    const part: Verification = await verifyPart(deployment, { users, from, repair });
    if (from === 1) {
      lines.push(positionOf(part));
    }
    lines.push(...part.differences.map((difference) => `  ${lineFor(difference)}`));
    total.checked += part.checked;
    total.pending += part.pending;
    total.differences += part.differences.length;
    total.remaining += part.remaining ?? part.differences.length;
    from = part.next;
  }
  return { lines, ...total };
}

/** Who was mistyped has said nothing either: that must not look like a conversation that was checked. */
function positionOf({ rev, archivedRev, pending, differences }: Verification): string {
  const isNothing = rev + archivedRev + pending + differences.length === 0;
  return isNothing
    ? "These two have no messages, neither in the record nor in D1."
    : `The record is at revision ${rev}, D1 at ${archivedRev}.`;
}

export function resultOf(
  total: { readonly differences: number; readonly remaining: number },
  repair: boolean,
): string {
  if (total.differences === 0) {
    return "all as in the record";
  }
  const found = counted(total.differences, "difference");
  if (!repair) {
    return found;
  }
  return total.remaining === 0 ? `${found}, all mended` : `${found}, ${total.remaining} could not be mended`;
}

function lineFor({ seq, kind, columns = [] }: Difference): string {
  const what = seq === undefined ? "the summary" : `message ${seq}`;
  const differs = `is not as in the record: ${columns.join(", ")}`;
  const says = { missing: "is missing in D1", extra: "is in D1 and not in the record", differs };
  return `${what} ${says[kind]}`;
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}

/** Asks once, but waits for a limiter. Throws an error whose message an operator can read. */
async function verifyPart(deployment: Deployment, body: object): Promise<Verification> {
  const request = { method: "POST", path: "/v1/admin/conversations/verify", body } as const;
  try {
    const answer = verificationSchema.safeParse(await ask(deployment, request, { tries: 1 }));
    if (answer.success) {
      return answer.data;
    }
  } catch (error) {
    throw error instanceof Refused ? new Error(`${error.code}: ${error.message}`, { cause: error }) : error;
  }
  throw new Error(`${deployment.url} answered 200, not as Pairline does`);
}
