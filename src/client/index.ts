/** The published door `pairline/client`. */
export type * from "./api.ts";
export type * from "./api-platform.ts";
export { createClient } from "./client.ts";
export { deliveryOf, type Delivery } from "./delivery.ts";
export { PairlineError, type PairlineErrorCode } from "./errors.ts";
export { indexedDbStorage } from "./indexed-db-storage.ts";
export { memoryStorage } from "./storage.ts";
