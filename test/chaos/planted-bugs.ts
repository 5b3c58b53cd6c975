import type { CounterName } from "../proof/counters.ts";
import type { Planted } from "../proof/planted.ts";
import type { Phase } from "./phases.ts";

/** A Worker that breaks a promise, the phase in which that shows, and the counter that must see it. */
export interface PlantedFault {
  readonly planted: readonly Planted[];
  readonly phase: Phase;
  readonly caughtBy: CounterName;
}

/** The object counts as archived what D1 has not answered yet: a restart mends it, a failing D1 does not. */
const cursorBeforeAnswer: PlantedFault = {
  planted: [
    {
      file: "conversation/archiver.ts",
      from: "const rev = await archive.write(write);",
      to: "this.#archivedRev = write.summary.rev; const rev = await archive.write(write);",
    },
  ],
  phase: {
    name: "planted: archive cursor advanced before D1 answers",
    seconds: 1,
    faults: { d1: "down" },
    // The back-off of a second has passed in it.
    quietMs: 2_500,
  },
  caughtBy: "archiveDifferences",
};

/** Pages say what a replica says, however far it is behind. */
const staleBelieved: PlantedFault = {
  planted: [
    {
      file: "http/history.ts",
      from: "if (whole && rev !== undefined && rev <= archivedRev) {",
      to: "if (true) {",
    },
  ],
  phase: { name: "planted: stale pages believed", seconds: 2, faults: { d1: "stale" } },
  caughtBy: "orderDifferences",
};

export const plantedFaults: readonly PlantedFault[] = [cursorBeforeAnswer, staleBelieved];
