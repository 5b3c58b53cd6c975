import { seededRandom } from "../seeded-random.ts";

export type Direction = "up" | "down";
export const endings = ["cut", "cutMidFrame", "silence"] as const;
export type Ending = (typeof endings)[number];

/** What becomes of one frame. */
export interface FrameFate {
  readonly delayMs: number;
  /** Drops it where that is an answer or news of the server, whose loss a client can see by what follows. */
  readonly isDropped: boolean;
  readonly isDuplicated: boolean;
}

/** What becomes of one connection. */
export interface Fate {
  readonly isRefused: boolean;
  /** How it ends, and after how many frames of both directions. */
  readonly ending: { readonly kind: Ending; readonly afterFrames: number };
  /** Where it carries a request: whether it ends so before the answer. */
  readonly isRequestSpoilt: boolean;
  /** Of each next frame. */
  nextFrame(direction: Direction): FrameFate;
}

/** How often what happens. */
export interface FaultRates {
  readonly refused: number;
  readonly spoiltRequests: number;
  readonly dropped: number;
  readonly duplicated: number;
  readonly delayed: number;
  readonly longestDelayMs: number;
  /** A connection ends after one to so many frames. */
  readonly mostFrames: number;
}

/** The same seed brings the same fates: of each connection by its number, of each of its frames by its place. */
export function seededFates(seed: number, rates: FaultRates): (connection: number) => Fate {
  return (connection) => {
    const random = seededRandom(Math.imul(seed, 1_000_003) + connection);
    const isRefused = random() < rates.refused;
    const isRequestSpoilt = random() < rates.spoiltRequests;
    const kind = endings[Math.floor(random() * endings.length)] ?? "cut";
    const afterFrames = 1 + Math.floor(random() * rates.mostFrames);
    const generators = { up: seededRandom(random() * 2 ** 32), down: seededRandom(random() * 2 ** 32) };
    return {
      isRefused,
      isRequestSpoilt,
      ending: { kind, afterFrames },
      nextFrame: (direction) => frameFate(generators[direction], rates),
    };
  };
}

// Draws the same numbers whatever comes of them, so that one rate does not change what the others do.
function frameFate(random: () => number, rates: FaultRates): FrameFate {
  const [dropped, duplicated, delayed, delay] = [random(), random(), random(), random()];
  return {
    isDropped: dropped < rates.dropped,
    isDuplicated: duplicated < rates.duplicated,
    delayMs: delayed < rates.delayed ? Math.ceil(delay * rates.longestDelayMs) : 0,
  };
}
