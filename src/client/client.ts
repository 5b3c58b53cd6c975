import type { Client, ClientOptions } from "./api.ts";

/** Connects at once, and stays connected until `close()`. */
export function createClient(options: ClientOptions): Client {
  throw new Error(`not built yet: ${options.url}`);
}
