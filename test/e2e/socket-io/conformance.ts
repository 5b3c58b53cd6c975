import { afterAll, beforeAll } from "vitest";
import { freshPlace, startWorker, type LocalWorker, type Place } from "../local-worker.ts";

/** A Worker in the mode for suites, for one file of tests. */
export function conformingWorker(): { readonly engine: string; readonly socketIo: string } {
  let place: Place | undefined;
  let worker: LocalWorker | undefined;
  beforeAll(async () => {
    place = await freshPlace({ SOCKETIO_CONFORMANCE: "1" });
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
