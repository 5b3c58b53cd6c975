// `npm run load`: thousands of people for ten minutes on one machine, then more and more until it shows.
import { parseArgs } from "node:util";
import { isOver, memorySlope, runLoad, slowAckMs, type Interval } from "./run.ts";

const { values } = parseArgs({
  options: {
    conversations: { type: "string", default: "2500" },
    servers: { type: "string", default: "2" },
    rate: { type: "string", default: "50" },
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
  },
});
const conversations = Number(values.conversations);
const perSecond = Number(values.rate);
const intervalMs = 60_000;

console.log(
  `Opening ${conversations * 2} sockets in ${conversations} conversations on ${values.servers} local Workers …\n`,
);
console.log(
  "| done/s | messages/s | ack p50 | ack p99 | peer p99 | page p99 | told instead | server MiB | server cores | generator late p99 |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
const { sockets, openedInMs, steady, beyond, faults } = await runLoad({
  conversations,
  servers: Number(values.servers),
  perSecond,
  intervals: Number(values.minutes),
  intervalMs,
  doublings: 6,
  seed: Number(values.seed),
  progress: (interval) => console.log(lineOf(interval)),
});

const told = steady.flatMap(({ refusals }) => [...refusals.values()]).reduce((sum, one) => sum + one, 0);
const done = steady.reduce((sum, each) => sum + each.perSecond * (intervalMs / 1_000), 0);
const last = beyond.at(-1);
console.log(
  `\n${sockets} sockets, opened in ${(openedInMs / 1_000).toFixed(0)} s. ${told} of about ${done.toLocaleString("en")} things answered otherwise; ` +
    `memory ${memorySlope(steady, intervalMs).toFixed(1)} MiB a minute over the later half.`,
);
console.log(
  isOver(last)
    ? `At ${last?.perSecond} a second it shows (an ack p99 above ${slowAckMs} ms, or another answer).`
    : `Nothing shows up to ${last?.perSecond ?? perSecond} a second.`,
);
console.log(
  `In the end ${faults.missing} missing, ${faults.doubled} doubled, ${faults.unanswered} unanswered.`,
);
process.exitCode = Object.values(faults).some((count) => count > 0) || told > 0 ? 1 : 0;

function lineOf({ ack, refusals, ...one }: Interval): string {
  const instead = [...refusals].map(([code, count]) => `${count} × ${code}`).join(", ") || "–";
  const cells = [
    one.perSecond,
    one.messagesPerSecond.toFixed(0),
    ...[ack.p50, ack.p99, one.deliveryP99, one.pageP99].map((ms) => `${ms.toFixed(1)} ms`),
    instead,
    one.memoryMiB.toFixed(0),
    one.cores.toFixed(2),
    `${one.generatorLateP99.toFixed(1)} ms`,
  ];
  return `| ${cells.join(" | ")} |`;
}
