// `npm run chaos`: everything outside the Worker fails while people talk; then the acknowledgements are timed without D1.
import { argumentsOfProcess, count as whole } from "../../src/commands/arguments.ts";
import { isAllZero } from "../proof/counters.ts";
import { reportTable, type ReportRow } from "../proof/report.ts";
import { ackLatencies, latencyModes, waitingForD1, waitingPlan } from "./latency.ts";
import { control, phasesFor } from "./phases.ts";
import { ackAwaitsArchive, plantedFaults } from "./planted-bugs.ts";
import { plantedLeaks } from "./planted-leaks.ts";
import { runPhase, runPlanted, startChaosWorker, type PhaseOutcome } from "./run.ts";

/** How much slower an acknowledgement may be while D1 is away. */
const mostRatio = 1.1;

const {
  seed,
  seconds,
  hang: hangSeconds,
} = argumentsOfProcess({
  usage: "Usage: npm run chaos [-- --seed <number>] [--seconds <number>] [--hang <seconds>]",
  options: { seed: whole(Math.floor(Math.random() * 1_000_000), 0), seconds: whole(15), hang: whole(80) },
}).values;
const startedAtMs = Date.now();

console.log(`Faults while people talk, seed ${seed} …`);
const plan = { seed, conversations: 3, patienceMs: 120_000 };
const outcomes: PhaseOutcome[] = [];
const rows: ReportRow[] = [];
let isHeld = true;
const worker = await startChaosWorker();
const latencies = await ackLatencies(worker, { modes: latencyModes, rounds: 6, sends: 300, warmUp: 50 });
for (const phase of [control(seconds), ...phasesFor(seconds, hangSeconds)]) {
  console.log(`  ${phase.name} …`);
  const outcome = await runPhase(worker, phase, plan);
  outcomes.push(outcome);
  const isProof = outcome.lacking.length === 0 && outcome.pages > 0;
  const holds = isAllZero(outcome.counters) && outcome.leaks.length === 0 && isProof;
  isHeld &&= holds;
  rows.push(row(outcome, holds ? "held" : `**BROKEN** ${outcome.lacking.join(", ")}`));
}
await worker.remove();

let isProven = true;
for (const faults of plantedFaults) {
  console.log(`  ${faults.phase.name} …`);
  const outcome = await runPlanted(faults, { ...plan, patienceMs: 10_000 });
  const { unseen } = outcome;
  isProven &&= unseen.length === 0;
  rows.push(row(outcome, unseen.length === 0 ? "caught" : `**NOT CAUGHT** ${unseen.join(", ")}`));
}

console.log("  planted: acknowledgements wait for D1 …");
const waiting = await startChaosWorker(ackAwaitsArchive);
const areWaitsSeen = waitingForD1(await ackLatencies(waiting, waitingPlan)).length > 0;
await waiting.remove();
isProven &&= areWaitsSeen;

console.log("  planted: the log tells of the traffic …");
const talkative = await startChaosWorker(plantedLeaks);
const told = await runPhase(
  talkative,
  { ...control(1), name: "planted: the log tells of the traffic" },
  plan,
);
await talkative.remove();
isProven &&= new Set(told.leaks).size === 5;
rows.push(row(told, new Set(told.leaks).size === 5 ? "caught" : "**NOT CAUGHT**"));

console.log(`\n${reportTable("what was wrong", rows)}\n`);
console.log("| D1 | median ack ms | p99 ms | ratio of medians |\n| --- | ---: | ---: | ---: |");
for (const { d1, medianMs, p99Ms, ratio } of latencies) {
  console.log(`| ${d1} | ${medianMs.toFixed(2)} | ${p99Ms.toFixed(2)} | ${ratio.toFixed(2)} |`);
}
for (const finding of outcomes.flatMap(({ findings }) => findings).slice(0, 20)) {
  console.log(`  ${finding}`);
}
const isQuick = latencies.every(({ ratio }) => ratio <= mostRatio) && waitingForD1(latencies).length === 0;
const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
console.log(
  `\nAn ack without D1 takes ${isQuick ? "at most" : "**MORE THAN**"} 10 % longer than one with it.`,
);
console.log(`One that waits for D1, planted, is ${areWaitsSeen ? "" : "**NOT** "}seen.`);
console.log(
  `${minutes} minutes. Again: npm run chaos -- --seed=${seed} --seconds=${seconds} --hang=${hangSeconds}`,
);
process.exitCode = isHeld && isProven && isQuick ? 0 : 1;

function row({ name, messages, pages, injected, leaks, counters }: PhaseOutcome, verdict: string): ReportRow {
  return {
    name,
    facts: { messages, pages, faults: injected, "leaks in the log": leaks.length },
    counters,
    verdict,
  };
}
