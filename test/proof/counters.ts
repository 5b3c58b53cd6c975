/** What must all be zero. docs/guides/proof.md says what each one counts. */
export const counterNames = [
  "acknowledgedMissing",
  "deliveredMissing",
  "duplicates",
  "orderDifferences",
  "contentDifferences",
  "archiveDifferences",
  "refusals",
  "unsettled",
] as const;
export type CounterName = (typeof counterNames)[number];
export type Counters = Readonly<Record<CounterName, number>>;

export const allZero = Object.fromEntries(counterNames.map((name) => [name, 0])) as Counters;

export function sumOf(one: Counters, other: Counters): Counters {
  return Object.fromEntries(counterNames.map((name) => [name, one[name] + other[name]])) as Counters;
}

export function isAllZero(counters: Counters): boolean {
  return counterNames.every((name) => counters[name] === 0);
}
