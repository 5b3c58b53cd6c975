import { afterAll, beforeAll } from "vitest";
import { freshPlace, startWorker, type LocalWorker, type Place } from "../local-worker.ts";

/** A Worker in a mode for suites, for one file of tests: `slow` has the times that the variables say, or a deployment's. */
export function conformingWorker(
  mode: "1" | "slow",
  variables: Readonly<Record<string, string>> = {},
): { readonly engine: string; readonly socketIo: string } {
  let place: Place | undefined;
  let worker: LocalWorker | undefined;
  beforeAll(async () => {
    place = await freshPlace({ SOCKETIO_CONFORMANCE: mode, ...variables });
    worker = await startWorker(place);
  });
  afterAll(async () => {
    await worker?.kill();
    await place?.remove();
  });
  return {
    /** Echoes every message. */
    get engine() {
      return `${place?.url}/engine.io/`;
    },
    /** The namespaces `/` and `/custom`. */
    get socketIo() {
      return `${place?.url}/socket.io/`;
    },
  };
}
