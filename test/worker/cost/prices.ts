import type { Ledger } from "./ledger.ts";

/** US dollars for a million of each, Workers Paid beyond what is included. Source: Cloudflare's pricing pages of Workers, Durable Objects and D1. */
export const prices = {
  date: "2026-11-22",
  workerRequest: 0.3,
  objectRequest: 0.15,
  /** Twenty count as one request. Those that the server sends, and pings that the runtime answers, cost nothing. */
  socketMessage: 0.15 / 20,
  rowRead: 0.001,
  rowWritten: 1,
  /** An object has 128 MB; a million GB-seconds are $12.50. */
  activeMs: (12.5 * 0.128) / 1_000,
} as const;

/** What an object's waits take in production; the local runtime, where all is one thread, cannot tell. */
export const assumed = { handlerMs: 1, archiveMs: 20 } as const;

/** What an object is awake for: each event it handles, and each wait for D1 or for the pause before it, its own or that of the one it waits for. */
export function activeMs({ requests, alarms, socketMessages, archiveWaits, pausedMs }: Ledger): number {
  return (
    (requests + alarms + socketMessages) * assumed.handlerMs + archiveWaits * assumed.archiveMs + pausedMs
  );
}

/** US dollars for a million times what a ledger holds. */
export function priceOf(ledger: Ledger): number {
  return (
    ledger.workerRequests * prices.workerRequest +
    (ledger.requests + ledger.alarms) * prices.objectRequest +
    ledger.socketMessages * prices.socketMessage +
    (ledger.objectWritten + ledger.archiveWritten) * prices.rowWritten +
    (ledger.objectRead + ledger.archiveRead) * prices.rowRead +
    activeMs(ledger) * prices.activeMs
  );
}
