import { vi } from "vitest";
import type { Timing } from "../../src/client/api.ts";
import type { CreateClient } from "./client-variant.ts";

const timing: Timing = { backOffBaseMs: 1_000, backOffCapMs: 30_000, heartbeatMs: 30_000, answerMs: 10_000 };
const clients = 300;
const failures = 8;

/** A server that is gone: every socket ends before it opens. */
class NoSocket {
  readonly readyState = 3;
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;

  constructor() {
    queueMicrotask(() => {
      if (typeof this.onclose === "function") {
        this.onclose({ code: 1006, reason: "" });
      }
    });
  }

  send(): void {}
  close(): void {}
}

/** What did not hold of the waits of many clients that lost their server together; the clock is not a real one. */
export async function backOffViolations(create: CreateClient): Promise<readonly string[]> {
  vi.useFakeTimers();
  try {
    const waits = await Promise.all(Array.from({ length: clients }, () => waitsOf(create)));
    return Array.from({ length: failures }, (_, failed) => {
      const bound = Math.min(timing.backOffCapMs, timing.backOffBaseMs * 2 ** failed);
      const shares = waits.map((own) => (own[failed] ?? Infinity) / bound);
      return violationsOf(shares).map((what) => `after ${failed + 1} failures ${what}`);
    }).flat();
  } finally {
    vi.useRealTimers();
  }
}

/** `shares` of the bound, one of each client. The mean of 300 even ones is within 0.1 of a half, by six deviations. */
function violationsOf(shares: readonly number[]): string[] {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return [
    ...(shares.every((share) => share >= 0 && share <= 1) ? [] : ["a wait is beyond its bound"]),
    ...(Math.abs(mean - 0.5) < 0.1 && Math.min(...shares) < 0.1 && Math.max(...shares) > 0.9
      ? []
      : ["the waits are not spread from nothing to the bound"]),
  ];
}

async function waitsOf(create: CreateClient): Promise<number[]> {
  const waits: number[] = [];
  const client = create({
    url: "http://127.0.0.1",
    token: () => Promise.resolve("token"),
    WebSocket: NoSocket,
    timing,
  });
  await new Promise<void>((resolve) => {
    client.connection.subscribe(() => {
      const { value } = client.connection;
      if (value.state === "waiting") {
        waits.push(value.retryAtMs - Date.now());
      }
      if (waits.length === failures) {
        resolve();
      } else {
        void vi.advanceTimersToNextTimerAsync();
      }
    });
  });
  client.close();
  return waits;
}
