// `npm run load`: thousands of people for ten minutes on one machine, then more and more until it shows.
import { argumentsOfProcess, count as whole } from "../../src/commands/arguments.ts";
import { isOver, isSound, memorySlope, runLoad, slowAckMs, toldInstead, type Interval } from "./run.ts";

const {
  conversations,
  servers,
  rate: perSecond,
  minutes,
  seed,
} = argumentsOfProcess({
  usage:
    "Usage: npm run load [-- --conversations <number>] [--servers <number>] [--rate <messages a second>] [--minutes <number>] [--seed <number>]",
  options: {
    conversations: whole(2_500),
    servers: whole(2),
    rate: whole(50),
    minutes: whole(10),
    seed: whole(1, 0),
  },
}).values;
const intervalMs = 60_000;

console.log(
  `Opening ${conversations * 2} sockets in ${conversations} conversations on ${servers} local Workers …\n`,
);
console.log(
  "| wished/s | done | nobody there | messages/s | ack p50 | ack p99 | peer p99 | page p99 | told instead | server MiB | server cores | generator late p99 |",
);
console.log(`|${" --- |".repeat(12)}`);
const outcome = await runLoad({
  conversations,
  servers,
  perSecond,
  intervals: minutes,
  intervalMs,
  doublings: 6,
  seed,
  progress: (interval) => console.log(lineOf(interval)),
});

const { steady, beyond, faults } = outcome;
const sum = (of: (one: Interval) => number) => steady.reduce((total, one) => total + of(one), 0);
const last = beyond.at(-1);
const slope = memorySlope(steady, intervalMs);
console.log(`
| in all, before the rate was raised | |
| --- | --- |
| sockets | ${outcome.opened} of ${outcome.expected} opened, in ${(outcome.openedInMs / 1_000).toFixed(0)} s; ${outcome.sockets} in the end |
| done | ${sum(({ done }) => done)}; left out since nobody was there: ${sum(({ leftOut }) => leftOut)} |
| told instead | ${toldInstead(outcome)} (while opening: ${codes(outcome.openingRefusals)}) |
| memory slope | ${Number.isNaN(slope) ? "not measured" : `${slope.toFixed(1)} MiB a minute`}: least squares over the later half of the minutes, all servers together; shown, not judged |
| in the end, after all | ${faults.missing} missing, ${faults.doubled} doubled, ${faults.unanswered} unanswered, ${faults.notBack} not back |
`);
console.log(
  isOver(last)
    ? `At ${last?.perSecond} a second it shows (an ack p99 above ${slowAckMs} ms, or another answer).`
    : `Nothing shows up to ${last?.perSecond ?? perSecond} a second.`,
);
process.exitCode = isSound(outcome) ? 0 : 1;

function lineOf({ ack, refusals, ...one }: Interval): string {
  const cells = [
    one.perSecond,
    one.done,
    one.leftOut,
    one.messagesPerSecond.toFixed(0),
    ...[ack.p50, ack.p99, one.deliveryP99, one.pageP99].map((ms) => figure(ms, 1, " ms")),
    codes(refusals),
    figure(one.memoryMiB, 0),
    figure(one.cores, 2),
    figure(one.generatorLateP99, 1, " ms"),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** A dash where there was nothing to measure. */
function figure(value: number, digits: number, unit = ""): string {
  return Number.isNaN(value) ? "–" : `${value.toFixed(digits)}${unit}`;
}

function codes(refusals: ReadonlyMap<string, number>): string {
  return [...refusals].map(([code, count]) => `${count} × ${code}`).join(", ") || "–";
}
