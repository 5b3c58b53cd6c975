import { PairlineError } from "./errors.ts";
import { within } from "./within.ts";

/** A token is replaced so long before it expires, or a fifth of its life before where that is less. */
const refreshAheadMs = 60_000;
/** A fifth of the life of a token that does not say when it expires. */
const unknownLifeMs = 300_000;
/** What a subprotocol may hold: with anything else no socket could be opened. */
const tokenCharacters = /^[\w!#$%&'*+.^`|~-]+$/;

interface Held {
  readonly token: string;
  readonly refreshAtMs: number;
}

/** The user's token: asked for when there is none that is good, by one call at a time, however many want it. */
export class Tokens {
  readonly #ask: () => string | Promise<string>;
  readonly #patienceMs: number;
  #held: Held | undefined;
  #asking: Promise<Held> | undefined;

  constructor(ask: () => string | Promise<string>, patienceMs: number) {
    this.#ask = ask;
    this.#patienceMs = patienceMs;
  }

  /** When the held token is due for another. */
  get refreshAtMs(): number | undefined {
    return this.#held?.refreshAtMs;
  }

  /** A token that is good for a while. Throws a PairlineError `no_token`. */
  async get(): Promise<string> {
    if (this.#held !== undefined && Date.now() < this.#held.refreshAtMs) {
      return this.#held.token;
    }
    this.#asking ??= this.#fresh().finally(() => {
      this.#asking = undefined;
    });
    return (await this.#asking).token;
  }

  /** The server refused it. Another than the held one was replaced already. */
  refused(token: string): void {
    if (this.#held?.token === token) {
      this.#held = undefined;
    }
  }

  async #fresh(): Promise<Held> {
    let token: string;
    try {
      token = await within(this.#patienceMs, this.#ask());
    } catch (error) {
      throw new PairlineError("no_token", `token() failed: ${String(error)}`);
    }
    // An app's code may be wrong about its types.
    if (typeof (token as unknown) !== "string" || !tokenCharacters.test(token)) {
      throw new PairlineError("no_token", "token() gave what can be no token");
    }
    this.#held = { token, refreshAtMs: refreshAtMs(token, Date.now()) };
    return this.#held;
  }
}

/** By the token's own claims. A device whose clock is ahead sees every token expired: then its length of life counts. */
function refreshAtMs(token: string, nowMs: number): number {
  const { exp, iat } = claimsOf(token);
  if (exp === undefined) {
    return nowMs + 4 * unknownLifeMs;
  }
  const leftMs = exp * 1_000 - nowMs;
  const lifeMs = iat === undefined ? leftMs : (exp - iat) * 1_000;
  const usableMs = leftMs > 0 ? leftMs : Math.max(lifeMs, 0);
  return nowMs + usableMs - Math.min(refreshAheadMs, usableMs / 5);
}

function claimsOf(token: string): { readonly exp?: number; readonly iat?: number } {
  try {
    const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp, iat } = JSON.parse(atob(part)) as Record<string, unknown>;
    return { ...(typeof exp === "number" && { exp }), ...(typeof iat === "number" && { iat }) };
  } catch {
    // An opaque token, or a platform without `atob`: the server says when it expires.
    return {};
  }
}
