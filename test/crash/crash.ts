// `npm run crash`: kills the Worker under load, then proves with planted bugs that the counters can see.
import { argumentsOfProcess, count as whole } from "../../src/commands/arguments.ts";
import { isAllZero } from "../proof/counters.ts";
import { reportTable, type ReportRow } from "../proof/report.ts";
import { plantedBugs } from "./planted-bugs.ts";
import { runPlanted } from "./planted-run.ts";
import { runCrash, type CrashOutcome } from "./run.ts";

const { seed, kills } = argumentsOfProcess({
  usage: "Usage: npm run crash [-- --seed <number>] [--kills <number>]",
  options: { seed: whole(Math.floor(Math.random() * 1_000_000), 0), kills: whole(200) },
}).values;
const mostPlantedKills = 40;
const startedAtMs = Date.now();

console.log(`Killing the Worker ${kills} times under load, seed ${seed} …`);
const outcome = await runCrash({
  seed,
  kills,
  killsPerRound: 10,
  conversations: 4,
  patienceMs: 60_000,
  progress: (count) => count % 20 === 0 && console.log(`  ${count} kills`),
});
const isHeld = isAllZero(outcome.counters) && outcome.pages > 0;
const rows: ReportRow[] = [row("as it is", outcome, isHeld ? "held" : "**BROKEN**")];
let isProven = true;
for (const bug of plantedBugs) {
  console.log(`Planting: ${bug.name} …`);
  const planted = await runPlanted([bug], seed, mostPlantedKills);
  const isCaught = planted.counters[bug.caughtBy] > 0;
  isProven &&= isCaught;
  rows.push(row(`planted: ${bug.name}`, planted, isCaught ? "caught" : "**NOT CAUGHT**"));
}

const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
console.log(`\n${reportTable("the Worker", rows)}\n`);
for (const finding of outcome.findings.slice(0, 20)) {
  console.log(`  ${finding}`);
}
console.log(`${minutes} minutes. Again: npm run crash -- --seed=${seed} --kills=${kills}`);
process.exitCode = isHeld && isProven ? 0 : 1;

function row(
  name: string,
  { kills: count, messages, pages, inFlight, counters }: CrashOutcome,
  verdict: string,
) {
  return {
    name,
    facts: { kills: count, messages, pages, "in flight at a kill": inFlight },
    counters,
    verdict,
  };
}
