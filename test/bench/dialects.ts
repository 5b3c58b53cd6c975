/** What a frame of the server is to a load generator. */
export type Kind = "ready" | "ack" | "message" | "fault" | "other";

/** How a subject is spoken to. */
export interface Dialect {
  /** Sent once the socket is open. */
  readonly hello?: string;
  readonly send: (index: number, after: number, text: string) => string;
  readonly kindOf: (text: string) => Kind;
  /** What a frame is answered with at once. */
  readonly reply?: (text: string) => string | undefined;
}

export const dialects = {
  native: {
    send: (index, after, text) => `{"type":"send","id":"message-${index}","after":${after},"text":"${text}"}`,
    kindOf: kindByStart([
      ['{"type":"ack"', "ack"],
      // The bare relay passes the sender's own frame on.
      ['{"type":"message"', "message"],
      ['{"type":"send"', "message"],
      ['{"type":"ready"', "ready"],
      ['{"type":"error"', "fault"],
      ['{"type":"reset"', "fault"],
    ]),
  },
  // Engine.IO 4 and Socket.IO 5, one text frame a packet.
  "socket.io": {
    hello: "40",
    send: (index, _, text) => `42${index}["send",{"id":"message-${index}","text":"${text}"}]`,
    kindOf: kindByStart([
      ["43", "ack"],
      ["42", "message"],
      ["40", "ready"],
      ["41", "fault"],
      ["44", "fault"],
    ]),
    reply: (text) => (text === "2" ? "3" : undefined),
  },
} as const satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;

function kindByStart(starts: readonly (readonly [string, Kind])[]): (text: string) => Kind {
  return (text) => starts.find(([start]) => text.startsWith(start))?.[1] ?? "other";
}
