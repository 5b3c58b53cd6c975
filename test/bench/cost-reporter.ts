// `npm run cost`: prints the ledger that the tests of test/worker/cost counted, as a Markdown table.
import type { Reporter, TestCase } from "vitest/node";
import type { CostLine } from "./cost-line.ts";

const columns = [
  ["a million of", ({ name }) => name],
  ["rows written: object + D1", (line) => `${figure(line.objectWritten)} + ${figure(line.archiveWritten)}`],
  ["rows read", (line) => `${figure(line.objectRead)} + ${figure(line.archiveRead)}`],
  ["Worker requests", (line) => figure(line.workerRequests)],
  ["object requests, alarms", (line) => `${figure(line.requests)}, ${figure(line.alarms)}`],
  ["frames in", (line) => figure(line.socketMessages)],
  ["wake-ups", (line) => figure(line.wakeUps)],
  ["active ms", (line) => figure(line.activeMs)],
  ["costs", (line) => dollars(line.price)],
  ["budget", ({ price, budget }) => `${dollars(budget)}${price > budget ? ", exceeded" : ""}`],
] satisfies readonly [string, (line: CostLine) => string][];

class CostReporter implements Reporter {
  readonly #lines: CostLine[] = [];
  #pricesOf = "";

  onTestCaseResult(test: TestCase): void {
    const { cost } = test.meta() as { cost?: CostLine };
    if (cost === undefined) {
      console.error(test.result().errors);
    } else {
      this.#lines.push(cost);
      this.#pricesOf = cost.pricesOf;
    }
  }

  onTestRunEnd(): void {
    console.log(`Prices of ${this.#pricesOf}\n`);
    console.log(`| ${columns.map(([title]) => title).join(" | ")} |`);
    console.log(`|${" --- |".repeat(columns.length)}`);
    for (const line of this.#lines) {
      console.log(`| ${columns.map(([, cell]) => cell(line)).join(" | ")} |`);
    }
  }
}

function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function dollars(value: number): string {
  return `$${value.toFixed(2)}`;
}

// oxlint-disable-next-line import/no-default-export -- vitest takes a reporter from there
export default CostReporter;
