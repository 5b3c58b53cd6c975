/** A reading after each tenth of a run; undefined where the system does not say how much its processes hold. */
export type MemoryReadings = readonly (number | undefined)[];

/** Caches, compiled code and what waits to be collected may move by so much; a leak over a long run is far more. */
const toleratedFactor = 1.3;
const toleratedMiB = 64;

/** After a fifth everything was in use once. What is held at the end, against that; undefined where it cannot be judged. */
export function memoryGrowth(
  readings: MemoryReadings,
): { readonly text: string; readonly isLeak: boolean } | undefined {
  const [early, late] = [readings[1], readings.at(-1)];
  if (early === undefined || late === undefined) {
    return undefined;
  }
  return {
    text: `memory ${early.toFixed(0)} MiB after a fifth, ${late.toFixed(0)} MiB at the end`,
    isLeak: late > toleratedFactor * early + toleratedMiB,
  };
}
