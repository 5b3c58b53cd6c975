import { fixedLimits, type Limits } from "../../protocol/limits.ts";
import { RollingLimit } from "../../lib/rolling-limit.ts";
import { TokenBucket } from "../../lib/token-bucket.ts";

/**
 * What one session may do before its user's inbox is asked, which counts all sessions of the user. It outlives the
 * clients that connect on the session one after the other.
 */
export class SessionAllowance {
  readonly events: TokenBucket;
  readonly connects: RollingLimit;

  constructor(limits: Limits, nowMs: number, connectsAtMs: readonly number[] = []) {
    this.events = new TokenBucket(limits.inboxFramesPerSecond, limits.inboxFrameBurst, nowMs);
    this.connects = new RollingLimit(fixedLimits.maxConnectsPerSession, 60_000, connectsAtMs);
  }
}
