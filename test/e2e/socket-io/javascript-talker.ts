import { io } from "socket.io-client";
import type { Talker, TalkerOptions } from "./talker.ts";

/** npm's `socket.io-client`. Resolves once it is connected or was refused. */
export async function connectJavascript({ url, path, auth, transports }: TalkerOptions): Promise<Talker> {
  const events: [name: string, value: Readonly<Record<string, unknown>>][] = [];
  let connects = 0;
  let refused: unknown;
  const socket = io(url, {
    path,
    auth,
    forceNew: true,
    reconnectionDelay: 200,
    reconnectionDelayMax: 1_000,
    ...(transports !== undefined && { transports: [...transports] }),
  });
  socket.onAny((name: string, value: Readonly<Record<string, unknown>>) => events.push([name, value]));
  await new Promise<void>((resolve) => {
    socket.on("connect", () => {
      connects += 1;
      resolve();
    });
    socket.on("connect_error", (error) => {
      refused = { message: error.message, data: (error as { data?: unknown }).data };
      resolve();
    });
  });
  return {
    call: (name, value) =>
      new Promise((resolve) => {
        socket.emit(name, value, resolve);
      }),
    emit: (name, value) => void socket.emit(name, value),
    events: (name) => events.flatMap(([one, value]) => (one === name ? [value] : [])),
    get connects() {
      return connects;
    },
    get refused() {
      return refused;
    },
    close: async () => void socket.disconnect(),
  };
}
