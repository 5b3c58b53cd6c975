// `npm run fuzz`: a million frames that are nearly right, and requests, tokens and packets beside them.
import { parseArgs } from "node:util";
import { runFuzz } from "./run.ts";

const { values } = parseArgs({ options: { seed: { type: "string" }, frames: { type: "string" } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const frames = Number(values.frames ?? 1_000_000);
const startedAtMs = Date.now();

console.log(`Throwing ${frames.toLocaleString("en")} frames at a Worker, seed ${seed} …`);
const outcome = await runFuzz({
  seed,
  frames,
  progress: (sent) => console.log(`  ${sent.toLocaleString("en")} frames`),
});
const early = outcome.memoryMiB[1] ?? 0;
const late = outcome.memoryMiB.at(-1) ?? 0;
console.log(
  `\n${outcome.frames.toLocaleString("en")} frames (${outcome.taken.toLocaleString("en")} taken for sure), ${outcome.requests.toLocaleString("en")} requests: ` +
    `${outcome.answers.toLocaleString("en")} answers, ${outcome.closes.toLocaleString("en")} closes, ` +
    `${outcome.findings.length} findings; memory ${early.toFixed(0)} MiB after a fifth, ${late.toFixed(0)} MiB at the end`,
);
for (const finding of outcome.findings.slice(0, 30)) {
  console.log(`  ${finding}`);
}
console.log(
  `${((Date.now() - startedAtMs) / 60_000).toFixed(1)} minutes. Again: npm run fuzz -- --seed=${seed} --frames=${frames}`,
);
process.exitCode = outcome.findings.length === 0 ? 0 : 1;
