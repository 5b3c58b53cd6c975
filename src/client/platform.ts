import type { ClientOptions } from "./api.ts";
import type { FetchLike, SocketLike } from "./api-platform.ts";

/** What was given, or the platform's own. */
export function fetchOf({ fetch }: Pick<ClientOptions, "fetch">): FetchLike {
  return fetch ?? ((url, init) => globalThis.fetch(url, init));
}

/** What opens sockets: what was given, or the platform's own. */
export function socketsOf({ WebSocket }: Pick<ClientOptions, "WebSocket">) {
  const Socket = WebSocket ?? (globalThis.WebSocket as unknown as NonNullable<ClientOptions["WebSocket"]>);
  return (url: string, protocols: string[]): SocketLike => new Socket(url, protocols);
}
