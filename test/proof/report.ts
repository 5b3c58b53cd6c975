import { counterNames, type CounterName, type Counters } from "./counters.ts";

const headings: Readonly<Record<CounterName, string>> = {
  acknowledgedMissing: "acknowledged, missing",
  deliveredMissing: "delivered, missing",
  duplicates: "duplicates",
  orderDifferences: "order differences",
  contentDifferences: "content differences",
  archiveDifferences: "archive differences",
  refusals: "refusals",
  unsettled: "unsettled",
};

/** A line of the table: a version of the Worker, or a fault. */
export interface ReportRow {
  readonly name: string;
  /** What the columns before the counters say. */
  readonly facts: Readonly<Record<string, number | string>>;
  readonly counters: Counters;
  readonly verdict: string;
}

/** A markdown table; all rows have the same facts. */
export function reportTable(first: string, rows: readonly ReportRow[]): string {
  const facts = Object.keys(rows[0]?.facts ?? {});
  const head = [first, ...facts, ...counterNames.map((name) => headings[name]), ""];
  const lines = rows.map(({ name, facts: values, counters, verdict }) => [
    name,
    ...facts.map((fact) => shown(values[fact] ?? "")),
    ...counterNames.map((counter) => shown(counters[counter])),
    verdict,
  ]);
  const rule = head.map((_, index) => (index === 0 || index === head.length - 1 ? "---" : "---:"));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function shown(value: number | string): string {
  return typeof value === "number" ? value.toLocaleString("en") : value;
}
