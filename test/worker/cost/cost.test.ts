import { expect, onTestFinished, test } from "vitest";
import type { CostLine } from "../../bench/cost-line.ts";
import { env, freshUsers } from "../clients.ts";
import { interceptD1 } from "../d1-calls.ts";
import { budgets } from "./budgets.ts";
import { openLedger, perOne } from "./ledger.ts";
import { activeMs, assumed, priceOf, prices } from "./prices.ts";
import { scenarios } from "./scenarios.ts";

/** Not counted as a pause of Pairline's own. */
const wait = scheduler.wait.bind(scheduler);

test.for(scenarios)("[CO1][CO3] $name stays within its budget", async ({ name, count, begin }, { task }) => {
  // D1 answers as from another data center: meanwhile more arrives.
  onTestFinished(
    interceptD1(env.DB, async (call) => {
      await wait(assumed.archiveMs);
      return call();
    }),
  );
  const users = freshUsers();
  const cost = await openLedger(users);
  const run = await begin(users);
  const ledger = perOne(await cost(run), count);
  const price = priceOf(ledger);
  const budget = budgets[name] ?? Number.NaN;
  const line: CostLine = {
    name,
    ...ledger,
    activeMs: activeMs(ledger),
    price,
    budget,
    pricesOf: prices.date,
  };
  Object.assign(task.meta, { cost: line });
  expect(price).toBeLessThanOrEqual(budget);
});
