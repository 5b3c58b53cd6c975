import type { Timing } from "./api.ts";
import type { FetchLike } from "./api-platform.ts";
import { backOffMs } from "./back-off.ts";
import { PairlineError, type PairlineErrorCode } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

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
  /** Why the socket will not come again by itself. */
  ended(): PairlineError | undefined;
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
  async request<Answer>(method: string, path: string, body?: object, maxTries = 4): Promise<Answer> {
    let refusals = 0;
    for (let tries = 1; ; tries += 1) {
      this.#requireOpen();
      const token = await this.#ports.tokens.get();
      try {
        return (await this.#once(method, path, token, body)) as Answer;
      } catch (error) {
        const fault = error as PairlineError;
        if (refusedToken.has(fault.code)) {
          this.#ports.tokens.refused(token);
          refusals += 1;
        }
        const waitMs = this.#waitMs(fault, tries, refusals);
        if (waitMs === undefined || tries === maxTries || this.#isClosed) {
          throw error;
        }
        await this.#wait(waitMs);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancels.forEach((cancel) => cancel());
  }

  /** How long to wait before another try; undefined where none would help. */
  #waitMs({ code, retryAfterMs = 0 }: PairlineError, tries: number, refusals: number): number | undefined {
    if (refusedToken.has(code)) {
      return refusals === 1 ? 0 : undefined;
    }
    return passing.has(code) ? Math.max(retryAfterMs, backOffMs(tries, this.#ports.timing)) : undefined;
  }

  async #once(method: string, path: string, token: string, body: object | undefined): Promise<unknown> {
    this.#requireOpen();
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
        signal: controller.signal as never,
      });
      const text = await response.text();
      if (response.ok) {
        return JSON.parse(text);
      }
      throw problemError(text, response.status, response.headers.get("retry-after"));
    } catch (error) {
      this.#requireOpen();
      throw error instanceof PairlineError ? error : this.#networkError(error);
    } finally {
      clearTimeout(timer);
      this.#cancels.delete(cancel);
    }
  }

  /** A browser does not say that it was the page's origin, but the socket was told. */
  #networkError(error: unknown): PairlineError {
    const ended = this.#ports.ended();
    return ended?.code === "origin_refused" ? ended : new PairlineError("network", String(error));
  }

  #requireOpen(): void {
    if (this.#isClosed) {
      throw new PairlineError("closed", "the client was closed");
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
  let problem: Partial<{
    code: PairlineErrorCode;
    detail: string;
    field: string;
    retryAfterMs: number;
    requestId: string;
  }> = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // Its status says enough.
  }
  const { code, detail = `status ${status}`, field, retryAfterMs, requestId } = problem;
  const afterMs = retryAfterMs ?? (Number(retryAfter) > 0 ? Number(retryAfter) * 1_000 : undefined);
  return new PairlineError(code ?? (status >= 500 ? "network" : "bad_request"), detail, {
    field,
    retryAfterMs: afterMs,
    requestId,
  });
}
