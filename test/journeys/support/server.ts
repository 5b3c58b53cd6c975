import { afterAll, beforeAll, onTestFinished } from "vitest";
import { startWorker, type LocalWorker, type Place } from "../../e2e/local-worker.ts";
import type { Member } from "./cast.ts";
import { networkTo, type Network } from "./network.ts";
import { placeWithPast } from "./past.ts";
import { rest, type Rest } from "./rest.ts";
import { packedSdk, type PackedSdk, type Sdk } from "./sdk.ts";

/** A running Worker with a past, and the SDK as apps install it, for the journeys of one file. */
export interface JourneyServer {
  readonly place: Place;
  readonly url: string;
  readonly sdk: typeof Sdk;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A program of this user that asks with `fetch`. */
  rest(user: Member): Rest;
  /** A network of its own to the server, for one device of the test. */
  network(): Promise<Network>;
  /** An app on the SDK. It is closed when the test is over. */
  app(user: Member, options?: Partial<Sdk.ClientOptions>): Sdk.Client;
}

export function journeyServer(variables: Readonly<Record<string, string>> = {}): () => JourneyServer {
  let made: { place: Place; worker: LocalWorker; packed: PackedSdk } | undefined;
  beforeAll(async () => {
    const packing = packedSdk();
    const place = await placeWithPast(variables);
    made = { place, worker: await startWorker(place), packed: await packing };
  });
  afterAll(async () => {
    await made?.worker.kill();
    await made?.place.remove();
    await made?.packed.remove();
  });
  return () => {
    const parts = made;
    if (parts === undefined) {
      throw new Error("the server is not there yet");
    }
    const { place, packed } = parts;
    return {
      place,
      url: place.url,
      sdk: packed.sdk,
      stop: () => parts.worker.kill(),
      start: async () => {
        parts.worker = await startWorker(place);
      },
      rest: ({ id }) => rest(place, id),
      async network() {
        const network = await networkTo(place.url);
        onTestFinished(() => network.close());
        return network;
      },
      app({ id }, options = {}) {
        const app = packed.sdk.createClient({ url: place.url, token: () => place.token(id), ...options });
        onTestFinished(() => app.close());
        return app;
      },
    };
  };
}
