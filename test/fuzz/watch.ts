import type { ProvenWorker } from "../proof/worker.ts";

/** Hears all that comes back, and writes down what must not. */
export class Watch {
  readonly #findings = new Set<string>();
  readonly #secrets: readonly string[];

  constructor({ secret, adminKey }: ProvenWorker, tokens: readonly string[]) {
    this.#secrets = [secret, adminKey, ...tokens.flatMap(secretPartsOf)];
  }

  get findings(): readonly string[] {
    return [...this.#findings];
  }

  found(finding: string): void {
    this.#findings.add(finding);
  }

  /** `sent`: secrets beside those of every request. */
  heard(where: string, text: string, sent: readonly string[] = []): void {
    if ([...this.#secrets, ...sent].some((secret) => text.includes(secret))) {
      this.found(`a secret came back in ${where}: ${text.slice(0, 100)}`);
    }
  }
}

/** Shorter ones are found by chance. */
const leastSecretCharacters = 16;

/**
 * What of a token nobody may repeat, be it a bent one: each part, so that a part alone is seen too. Its head is the same in
 * all tokens.
 */
export function secretPartsOf(token: string): string[] {
  const parts = token.includes(".") ? token.split(".").slice(1) : [token];
  return parts.filter((part) => part.length >= leastSecretCharacters);
}
