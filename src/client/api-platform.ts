/** The part of `WebSocket` that the client uses. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
}

/** The part of `fetch` that the client uses. `signal` is an AbortSignal: `never`, so that the `fetch` of every platform's types fits. */
export type FetchLike = (
  url: string,
  options: { method: string; headers: Record<string, string>; body?: string; signal: never },
) => Promise<{
  ok: boolean;
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;
