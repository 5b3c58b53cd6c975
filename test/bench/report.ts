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
}

/** One subject in one scenario, once. */
export interface Run {
  readonly subject: string;
  readonly scenario: string;
  readonly messagesPerSecond: number;
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
  readonly cpuSecondsPer10000: number | undefined;
  /** Share of one core that the load generator used. */
  readonly clientLoad: number;
}

interface Row {
  readonly messagesPerSecond: number;
  readonly ack: Quantiles;
  readonly delivery: Quantiles;
  readonly cpu: number;
  readonly clientLoad: number;
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
  const row = (subject: string, scenario: Scenario): Row =>
    medianRow(runs.filter((run) => run.subject === subject && run.scenario === scenario.name));
  const lines = scenarios.flatMap((scenario) => {
    const relay = row("relay", scenario);
    return subjects.map((subject) => lineOf(subject, scenario, row(subject, scenario), relay));
  });
  return [
    `${new Date().toISOString().slice(0, 10)} · Node ${process.version.slice(1)} · workerd ${versionOf("workerd")} · ${cpus().length} cores, clients included · median of ${rounds} rounds · latencies in ms from send to ack and from send to the peer · in brackets: times the relay's`,
    "",
    "| scenario | subject | messages/s | ack p50 / p95 / p99 | peer p50 / p95 / p99 | server CPU s per 10,000 | load generator's core |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
    ...aims(row, scenarios),
  ].join("\n");
}

function aims(row: (subject: string, scenario: Scenario) => Row, scenarios: readonly Scenario[]): string[] {
  const [alone, burst] = scenarios;
  if (alone === undefined || burst === undefined) {
    return [];
  }
  const relay = row("relay", alone).ack.p50;
  const commit = row("relay with a commit per message", alone).ack.p50 - relay;
  const allowed = 1.5 * relay + commit;
  const latency = row("Pairline", alone).ack.p50;
  const throughput = row("Pairline", burst).messagesPerSecond / row("relay", burst).messagesPerSecond;
  return [
    `One commit costs ${milliseconds(commit)} ms. Aim at window 1: at most 1.5 × ${milliseconds(relay)} + ${milliseconds(commit)} = ${milliseconds(allowed)} ms; measured ${milliseconds(latency)} ms: ${latency <= allowed ? "reached" : "missed"}.`,
    `Aim at window 64: at least the relay's messages/s; measured ${throughput.toFixed(2)} of it: ${throughput >= 1 ? "reached" : "missed"}.`,
  ];
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
  };
}

function lineOf(subject: string, scenario: Scenario, row: Row, relay: Row): string {
  const cells = [
    scenario.name,
    subject,
    `${Math.round(row.messagesPerSecond)} (${ratio(row.messagesPerSecond, relay.messagesPerSecond)})`,
    latencies(row.ack, relay.ack),
    latencies(row.delivery, relay.delivery),
    `${row.cpu.toFixed(2)} (${ratio(row.cpu, relay.cpu)})`,
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
