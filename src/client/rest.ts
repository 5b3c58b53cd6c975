import type { FetchLike, PairlineErrorCode, Timing } from "./api.ts";
import { backOffMs } from "./back-off.ts";
import { PairlineError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

const maxTries = 4;
/** Refusals that may be over in a moment. All requests of the client may be repeated. */
const passing: ReadonlySet<string> = new Set([
  "network",
  "internal",
  "rate_limited",
  "archive_unavailable",
  "keys_unavailable",
]);
const refusedToken: ReadonlySet<string> = new Set(["unauthorized", "token_expired"]);

export interface RestPorts {
  readonly url: string;
  readonly tokens: Tokens;
  readonly timing: Timing;
  readonly fetch: FetchLike;
}

/** Requests to the Worker, each tried again while that may help. */
export class Rest {
  readonly #ports: RestPorts;
  readonly #cancels = new Set<() => void>();
  #isClosed = false;

  constructor(ports: RestPorts) {
    this.#ports = ports;
  }

  /** The answer's JSON. Throws a PairlineError. */
  async request<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    let wasRefused = false;
    for (let tries = 1; ; tries += 1) {
      const token = await this.#ports.tokens.get();
      try {
        return (await this.#once(method, path, token, body)) as Answer;
      } catch (error) {
        const { code, retryAfterMs = 0 } = error as PairlineError;
        const isRefused = refusedToken.has(code);
        if (isRefused) {
          this.#ports.tokens.refused(token);
        }
        const isPassing = passing.has(code) || (isRefused && !wasRefused);
        if (!isPassing || tries === maxTries || this.#isClosed) {
          throw error;
        }
        wasRefused ||= isRefused;
        await this.#wait(isRefused ? 0 : Math.max(retryAfterMs, backOffMs(tries, this.#ports.timing)));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancels.forEach((cancel) => cancel());
  }

  async #once(method: string, path: string, token: string, body: object | undefined): Promise<unknown> {
    if (this.#isClosed) {
      throw new PairlineError("closed", "the client was closed");
    }
    const controller = new AbortController();
    const cancel = () => controller.abort();
    const timer = setTimeout(cancel, this.#ports.timing.answerMs);
    this.#cancels.add(cancel);
    try {
      const response = await this.#ports.fetch(this.#ports.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: controller.signal,
      });
      const text = await response.text();
      if (response.ok) {
        return JSON.parse(text);
      }
      throw problemError(text, response.status, response.headers.get("retry-after"));
    } catch (error) {
      throw error instanceof PairlineError ? error : new PairlineError("network", String(error));
    } finally {
      clearTimeout(timer);
      this.#cancels.delete(cancel);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#cancels.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#cancels.add(done);
    });
  }
}

/** Problem details (ER3); what stands between may answer anything else. */
function problemError(text: string, status: number, retryAfter: string | null): PairlineError {
  let problem: Partial<{ code: PairlineErrorCode; detail: string; field: string; retryAfterMs: number }> = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // Its status says enough.
  }
  const { code, detail = `status ${status}`, field, retryAfterMs } = problem;
  const afterMs = retryAfterMs ?? (Number(retryAfter) > 0 ? Number(retryAfter) * 1_000 : undefined);
  return new PairlineError(code ?? (status >= 500 ? "network" : "bad_request"), detail, {
    field,
    retryAfterMs: afterMs,
  });
}
