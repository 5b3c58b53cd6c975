import type { Deployment } from "./deployment.ts";
import type { Users } from "./pairs.ts";
import { compareAll, counted, resultOf } from "./verify-parts.ts";

const atATime = 8;
const progressEvery = 1_000;

/**
 * Compares one conversation after the other, several at a time, and prints those that differ or could not be compared.
 * Answers whether D1 is as the records now.
 */
export async function verifyMany(
  deployment: Deployment,
  pairs: AsyncGenerator<Users>,
  repair: boolean,
): Promise<boolean> {
  const total = { conversations: 0, messages: 0, pending: 0, differing: 0, unmended: 0, failed: 0 };
  const next = async (): Promise<void> => {
    for await (const users of shared(pairs)) {
      const outcome = await compareAll(deployment, users, repair).catch((error: unknown) => String(error));
      total.conversations += 1;
      if (typeof outcome === "string") {
        total.failed += 1;
        console.log(`${users.join(", ")}: not compared, ${outcome.replace(/^Error: /, "")}`);
      } else {
        total.messages += outcome.checked;
        total.pending += outcome.pending;
        total.differing += outcome.differences > 0 ? 1 : 0;
        total.unmended += outcome.remaining > 0 ? 1 : 0;
        if (outcome.differences > 0) {
          console.log(`${users.join(", ")}: ${resultOf(outcome, repair)}`);
        }
      }
      if (total.conversations % progressEvery === 0) {
        console.log(`${counted(total.conversations, "conversation")} so far …`);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, next));
  console.log(summaryOf(total, repair));
  return total.unmended === 0 && total.failed === 0;
}

// Left early, a generator would end for all who share it.
async function* shared(pairs: AsyncGenerator<Users>): AsyncGenerator<Users> {
  for (let step = await pairs.next(); step.done !== true; step = await pairs.next()) {
    yield step.value;
  }
}

function summaryOf(
  total: Readonly<
    Record<"conversations" | "messages" | "pending" | "differing" | "unmended" | "failed", number>
  >,
  repair: boolean,
): string {
  const parts = [
    `${counted(total.conversations, "conversation")} with ${counted(total.messages, "message")} compared`,
    total.differing === 0 ? "all as in their records" : `${total.differing} differed`,
    ...(repair && total.differing > 0
      ? [total.unmended === 0 ? "all mended" : `${total.unmended} could not be mended`]
      : []),
    ...(total.pending > 0 ? [`${counted(total.pending, "row")} on the way to D1`] : []),
    ...(total.failed > 0 ? [`${total.failed} could not be compared`] : []),
  ];
  return parts.join(", ");
}
