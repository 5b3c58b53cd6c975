// `npm run fuzz`: a million frames that are nearly right, and requests, tokens and packets beside them.
import { argumentsOfProcess, count as whole } from "../../src/commands/arguments.ts";
import { memoryGrowth } from "./memory.ts";
import { runFuzz } from "./run.ts";

const { seed, frames } = argumentsOfProcess({
  usage: "Usage: npm run fuzz [-- --seed <number>] [--frames <number>]",
  options: { seed: whole(Math.floor(Math.random() * 1_000_000), 0), frames: whole(1_000_000) },
}).values;
const startedAtMs = Date.now();
const counted = (count: number) => count.toLocaleString("en");

console.log(`Throwing ${counted(frames)} frames at a Worker, seed ${seed} …`);
const { findings, memoryMiB, ...outcome } = await runFuzz({
  seed,
  frames,
  progress: (settled) => console.log(`  ${counted(settled)} frames`),
});
const memory = memoryGrowth(memoryMiB)?.text ?? "memory not judged: there is no /proc here";
console.log(
  `\n${counted(outcome.sent)} frames sent, ${counted(outcome.settled)} taken for sure, ${counted(outcome.requests)} requests: ` +
    `${counted(outcome.answers)} answers, ${counted(outcome.closes)} closes, ${findings.length} findings; ${memory}`,
);
for (const finding of findings.slice(0, 30)) {
  console.log(`  ${finding}`);
}
console.log(
  `${((Date.now() - startedAtMs) / 60_000).toFixed(1)} minutes. Again: npm run fuzz -- --seed=${seed} --frames=${frames}`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
