/** Placed in the traffic, and never in a log: in every text, as every user's name, in every user's id, which is an e-mail address. */
export const canaries = { text: "sing-no-log", name: "Nadia Nolog", address: "@nolog.example" } as const;

/** A Worker's log, and the secrets that must not be in it. */
interface LoggedWorker {
  readonly log: readonly string[];
  readonly secret: string;
  readonly adminKey: string;
}

export type Leak = "text" | "name" | "address" | "token" | "key";

/** What of the traffic stands in the lines of a Worker's log, line by line; each kind once for a line. */
export function leaksIn(worker: LoggedWorker, lines: readonly string[] = worker.log): readonly Leak[] {
  const { text, name, address } = canaries;
  const sought: readonly (readonly [Leak, readonly string[]])[] = [
    ["text", [text]],
    ["name", [name]],
    ["address", [address, encodeURIComponent(address)]],
    // A JWT begins with the encoded `{"`.
    ["token", ["eyJ"]],
    ["key", [worker.secret, worker.adminKey]],
  ];
  return lines.flatMap((line) =>
    sought.flatMap(([leak, words]) => (words.some((word) => line.includes(word)) ? [leak] : [])),
  );
}
