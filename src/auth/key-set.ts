import * as z from "zod";
import { errorName, type Report } from "../observability/log-events.ts";
import { reportShared } from "../observability/index.ts";

/** How long fetched keys serve before they are fetched again. */
export const keysMaxAgeMs = 600_000;
/** How long after an attempt, failed or not, the next one waits: an unknown `kid` costs no storm. */
export const keysCooldownMs = 30_000;
/** The same while there are no keys at all. */
export const coldCooldownMs = 5_000;

const jwksSchema = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().default("") })),
});
type Key = z.infer<typeof jwksSchema>["keys"][number];

/** The published keys of an identity service, cached. Keys at hand are kept when a refresh fails. */
export class KeySet {
  readonly #fetchKeys: () => Promise<unknown>;
  readonly #report: Report;
  #keys: readonly Key[] | undefined;
  #fetchedAtMs = 0;
  #triedAtMs: number | undefined;

  constructor(fetchKeys: () => Promise<unknown>, report = reportShared) {
    this.#fetchKeys = fetchKeys;
    this.#report = report;
  }

  /** The keys at hand; undefined where `kid` is not among them and cannot be looked up now. */
  async keysFor(kid: string, nowMs: number): Promise<readonly Key[] | undefined> {
    const isFresh = nowMs - this.#fetchedAtMs < keysMaxAgeMs;
    if (isFresh && this.#knows(kid)) {
      return this.#keys;
    }
    if (this.#mayTry(nowMs)) {
      await this.#refresh(nowMs);
      return this.#keys;
    }
    // A key that was published since the last attempt must not be called wrong.
    return this.#knows(kid) ? this.#keys : undefined;
  }

  #knows(kid: string): boolean {
    return this.#keys?.some((key) => key.kid === kid) === true;
  }

  #mayTry(nowMs: number): boolean {
    const cooldownMs = this.#keys === undefined ? coldCooldownMs : keysCooldownMs;
    return this.#triedAtMs === undefined || nowMs - this.#triedAtMs >= cooldownMs;
  }

  // Each request fetches for itself: a promise of another request's I/O may never settle in this one.
  async #refresh(nowMs: number): Promise<void> {
    this.#triedAtMs = nowMs;
    try {
      this.#keys = jwksSchema.parse(await this.#fetchKeys()).keys;
      this.#fetchedAtMs = nowMs;
    } catch (error) {
      // The service is away: keys at hand stay good, and without any the caller answers `keys_unavailable`.
      this.#report("keys_refresh_failed", { error: errorName(error), keys: this.#keys?.length ?? 0 });
    }
  }
}

const keySets = new Map<string, KeySet>();

/** The key set behind a URL, one for all requests of this isolate. */
export function keySetAt(url: string): KeySet {
  let keySet = keySets.get(url);
  if (keySet === undefined) {
    keySet = new KeySet(async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (!response.ok) {
        throw new Error("the key set answered with an error");
      }
      return response.json();
    });
    keySets.set(url, keySet);
  }
  return keySet;
}
