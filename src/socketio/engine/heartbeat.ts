/** When a session has to act next, in milliseconds since the epoch. Kept while the object sleeps. */
export interface HeartbeatState {
  readonly pingDueAtMs: number;
  /** A ping that is not answered yet. */
  readonly pingSentAtMs?: number | undefined;
  /** Until when somebody must have been let in. */
  readonly connectByMs?: number | undefined;
}

interface PulseOptions {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

/** What is due. */
export type HeartbeatStep =
  | { readonly kind: "end" | "wait" }
  | { readonly kind: "ping"; readonly pulse: HeartbeatState };

export function nextStep(
  pulse: HeartbeatState,
  nowMs: number,
  { pingIntervalMs, pingTimeoutMs }: PulseOptions,
): HeartbeatStep {
  const { connectByMs, pingSentAtMs, pingDueAtMs } = pulse;
  if (connectByMs !== undefined && nowMs >= connectByMs) {
    return { kind: "end" };
  }
  if (pingSentAtMs !== undefined) {
    return { kind: nowMs >= pingSentAtMs + pingTimeoutMs ? "end" : "wait" };
  }
  return nowMs >= pingDueAtMs
    ? { kind: "ping", pulse: { ...pulse, pingSentAtMs: nowMs, pingDueAtMs: nowMs + pingIntervalMs } }
    : { kind: "wait" };
}

/** The pulse once a ping was answered. The next one stays due an interval after the last, so that its alarm need not be set anew. */
export function answered(pulse: HeartbeatState): HeartbeatState {
  return { ...pulse, pingSentAtMs: undefined };
}

/** When to look again. One wake-up in an interval is enough: a ping's timeout is looked at when the next one would be due. */
export function wakeAtMs(pulse: HeartbeatState, nowMs: number, { pingTimeoutMs }: PulseOptions): number {
  const { connectByMs, pingSentAtMs, pingDueAtMs } = pulse;
  return Math.min(
    connectByMs ?? Number.POSITIVE_INFINITY,
    pingSentAtMs === undefined ? Number.POSITIVE_INFINITY : pingSentAtMs + pingTimeoutMs,
    pingSentAtMs !== undefined && pingDueAtMs <= nowMs ? Number.POSITIVE_INFINITY : pingDueAtMs,
  );
}
