import { z } from "zod";
import type { ProvenWorker } from "../proof/worker.ts";
import { faultSources, type FaultCounts, type Faults } from "./worker/faults.ts";

const countsSchema = z.record(z.enum(faultSources), z.number());

/** Tells the Worker what goes wrong from now on. Answers how often something went wrong, ever. */
export async function setFaults(worker: ProvenWorker, faults: Faults): Promise<FaultCounts> {
  const response = await fetch(`${worker.url}/chaos`, { method: "POST", body: JSON.stringify(faults) });
  return countsSchema.parse(await response.json());
}
