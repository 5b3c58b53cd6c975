import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { projectDir } from "../../src/commands/local.ts";
import { median, percentile } from "./statistics.ts";

export interface Scenario {
  readonly name: string;
  readonly pairs: number;
  readonly window: number;
  readonly messagesPerPair: number;
  /** Sleep before the clock starts; then the pairs talk one after another. */
  readonly sleepMs?: number;
}

/** One subject in one scenario, once. */
export interface Run {
  readonly subject: string;
  readonly scenario: string;
  readonly messagesPerSecond: number;
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
  readonly pairMs: readonly number[];
  readonly cpuSecondsPer10000: number | undefined;
  /** Share of one core that the load generator used. */
  readonly clientLoad: number;
  /** Why its figures are not what they claim to be. */
  readonly failure: string | undefined;
}

interface Row {
  readonly messagesPerSecond: number;
  readonly ack: Quantiles;
  readonly delivery: Quantiles;
  readonly cpu: number;
  readonly clientLoad: number;
  /** The slowest pair's messages a second, as a share of the mean. */
  readonly slowest: number;
  readonly longestWaitMs: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One Markdown table, medians over the rounds, ratios to the bare relay, and how the aims stand. */
export function reportOf(
  subjects: readonly string[],
  scenarios: readonly Scenario[],
  runs: readonly Run[],
  rounds: number,
): string {
  const sound = (subject: string, { name }: Scenario): Run[] =>
    runs.filter((run) => run.subject === subject && run.scenario === name && run.failure === undefined);
  const row = (subject: string, scenario: Scenario): Row => medianRow(sound(subject, scenario));
  const lines = scenarios.flatMap((scenario) => {
    const relay = row("relay", scenario);
    return subjects
      .filter((subject) => sound(subject, scenario).length > 0)
      .map((subject) => lineOf(subject, scenario, row(subject, scenario), relay));
  });
  const failed = runs.filter(({ failure }) => failure !== undefined);
  return [
    `${new Date().toISOString().slice(0, 10)} · Node ${process.version.slice(1)} · workerd ${versionOf("workerd")} · ${cpus().length} cores, clients included · median of ${rounds} rounds · latencies in ms from send to ack and from send to the peer · in brackets: times the relay's`,
    "",
    "| scenario | subject | messages/s | ack p50 / p95 / p99 | peer p50 / p95 / p99 | server CPU s per 10,000 | slowest pair, share of the mean | longest wait for an ack | load generator's core |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
    ...failed.map((run) => `- FAILED, ${run.scenario}, ${run.subject}: ${run.failure}`),
    ...aims(row, scenarios),
    ...scenarios.map((scenario) =>
      besideSocketIo(scenario.name, row("Pairline", scenario), row("Socket.IO with SQLite", scenario)),
    ),
  ].join("\n");
}

function besideSocketIo(name: string, own: Row, other: Row): string {
  const columns = [
    ["messages/s", ratio(own.messagesPerSecond, other.messagesPerSecond)],
    ["ack p50", ratio(own.ack.p50, other.ack.p50)],
    ["ack p99", ratio(own.ack.p99, other.ack.p99)],
    ["server CPU", ratio(own.cpu, other.cpu)],
  ];
  return `- ${name}, times Socket.IO with SQLite: ${columns.map((column) => column.join(" ")).join(", ")}`;
}

function aims(row: (subject: string, scenario: Scenario) => Row, scenarios: readonly Scenario[]): string[] {
  const [alone, burst, fifty] = scenarios;
  if (alone === undefined || burst === undefined || fifty === undefined) {
    return [];
  }
  const own = { alone: row("Pairline", alone), burst: row("Pairline", burst), fifty: row("Pairline", fifty) };
  const relay = { alone: row("relay", alone), burst: row("relay", burst), fifty: row("relay", fifty) };
  const commit = row("relay with a commit per message", alone).ack.p50 - relay.alone.ack.p50;
  return [
    atMost(
      `ack p50 at window 1, ms (one commit costs ${milliseconds(commit)})`,
      own.alone.ack.p50,
      1.5 * relay.alone.ack.p50 + commit,
    ),
    atLeast(
      "messages/s at window 64, times the relay's",
      own.burst.messagesPerSecond / relay.burst.messagesPerSecond,
      1,
    ),
    atLeast(
      "messages/s at fifty pairs, times the relay's",
      own.fifty.messagesPerSecond / relay.fifty.messagesPerSecond,
      1,
    ),
    atMost("ack p99 at fifty pairs, times the relay's", own.fifty.ack.p99 / relay.fifty.ack.p99, 1),
    atLeast("slowest of fifty pairs, share of the mean", own.fifty.slowest, 0.5),
    atMost("longest wait at fifty pairs, ms", own.fifty.longestWaitMs, 250),
    atMost("CPU at window 1, times the relay's", own.alone.cpu / relay.alone.cpu, 1.2),
    atMost("CPU at window 64, times the relay's", own.burst.cpu / relay.burst.cpu, 1.2),
    atMost("CPU at fifty pairs, times the relay's", own.fifty.cpu / relay.fifty.cpu, 1.2),
  ].map((line) => `- ${line}`);
}

function atLeast(what: string, value: number, bound: number): string {
  return `${what}: ${value.toFixed(2)}, aim at least ${bound.toFixed(2)}: ${verdict(value, value >= bound)}`;
}

function atMost(what: string, value: number, bound: number): string {
  return `${what}: ${value.toFixed(2)}, aim at most ${bound.toFixed(2)}: ${verdict(value, value <= bound)}`;
}

function verdict(value: number, isReached: boolean): string {
  if (Number.isNaN(value)) {
    return "not measured";
  }
  return isReached ? "reached" : "missed";
}

function medianRow(runs: readonly Run[]): Row {
  const over = (pick: (run: Run) => number): number => median(runs.map(pick));
  const quantiles = (pick: (run: Run) => readonly number[]): Quantiles => ({
    p50: over((run) => percentile(pick(run), 0.5)),
    p95: over((run) => percentile(pick(run), 0.95)),
    p99: over((run) => percentile(pick(run), 0.99)),
  });
  return {
    messagesPerSecond: over((run) => run.messagesPerSecond),
    ack: quantiles((run) => run.ackMs),
    delivery: quantiles((run) => run.deliveryMs),
    cpu: over((run) => run.cpuSecondsPer10000 ?? Number.NaN),
    clientLoad: over((run) => run.clientLoad),
    slowest: over(({ pairMs }) => slowestShare(pairMs)),
    longestWaitMs: over(({ ackMs }) => percentile(ackMs, 1)),
  };
}

function slowestShare(pairMs: readonly number[]): number {
  const rates = pairMs.map((ms) => 1 / ms);
  return Math.min(...rates) / (rates.reduce((sum, rate) => sum + rate, 0) / rates.length);
}

function lineOf(subject: string, scenario: Scenario, row: Row, relay: Row): string {
  const cells = [
    scenario.name,
    subject,
    `${Math.round(row.messagesPerSecond)} (${ratio(row.messagesPerSecond, relay.messagesPerSecond)})`,
    latencies(row.ack, relay.ack),
    latencies(row.delivery, relay.delivery),
    Number.isNaN(row.cpu) ? "not measured" : `${row.cpu.toFixed(2)} (${ratio(row.cpu, relay.cpu)})`,
    row.slowest.toFixed(2),
    `${Math.round(row.longestWaitMs)}`,
    `${Math.round(row.clientLoad * 100)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function latencies(own: Quantiles, relay: Quantiles): string {
  const values = [own.p50, own.p95, own.p99].map(milliseconds).join(" / ");
  return `${values} (${ratio(own.p50, relay.p50)})`;
}

function ratio(own: number, other: number): string {
  return (own / other).toFixed(2);
}

function milliseconds(value: number): string {
  return value.toFixed(2);
}

function versionOf(packageName: string): string {
  const file = join(projectDir, "node_modules", packageName, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
