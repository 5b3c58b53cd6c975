import { z } from "zod";
import type { ProvenWorker } from "../proof/worker.ts";
import type { Faults } from "./worker/faults.ts";

const answerSchema = z.object({ injected: z.number() });

/** Tells the Worker what goes wrong from now on. Answers how often something went wrong since the last call. */
export async function setFaults(worker: ProvenWorker, faults: Faults): Promise<number> {
  const response = await fetch(`${worker.url}/chaos`, { method: "POST", body: JSON.stringify(faults) });
  return answerSchema.parse(await response.json()).injected;
}
