import { fixedLimits } from "./limits.ts";
import { fitsBytes } from "./text.ts";

const { maxDataBytes, maxDataDepth } = fixedLimits;

/** Why a value cannot be a message's `data`, or undefined where it is a JSON object that comes back as it went in. */
export function dataFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "data is not an object";
  }
  const fault = valueFault(value, maxDataDepth);
  if (fault !== undefined) {
    return fault;
  }
  return fitsBytes(JSON.stringify(value), maxDataBytes)
    ? undefined
    : `data is over ${maxDataBytes} bytes of JSON in UTF-8`;
}

// Depth first, and bounded: what writes JSON recurses without a bound.
function valueFault(value: unknown, levels: number): string | undefined {
  if (typeof value === "number") {
    return isKept(value) ? undefined : "data has a number that JSON would change: send it as a string";
  }
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  if (levels === 0) {
    return `data is over ${maxDataDepth} levels deep`;
  }
  for (const inner of Object.values(value)) {
    const fault = valueFault(inner, levels - 1);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

/** Whole numbers beyond 2^53 − 1 lose digits when they are read, and those beyond a double become none at all. */
function isKept(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
