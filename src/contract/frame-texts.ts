/** What a frame is for, and what fields mean in it where the glossary does not say it. */
export interface FrameText {
  readonly summary: string;
  readonly fields?: Readonly<Record<string, string>>;
}

type Texts = Readonly<Record<string, FrameText>>;

const upTo = (what: string) => ({ seq: `The newest message that ${what}.` });

/** What a send's fields are; the same in a REST body. */
export const sentFields = {
  text: "What the message says: up to `maxTextBytes` bytes of UTF-8. May be empty beside `data` only.",
};

const fromClients: Texts = {
  send: { summary: "Sends a message. Answered by `ack` or `error`.", fields: sentFields },
  edit: {
    summary: "Gives a message of one's own another text. Answered by `ack` or `error`.",
    fields: { text: "The new text." },
  },
  delete: { summary: "Deletes a message of one's own for both. Answered by `ack` or `error`." },
  react: {
    summary: "Reacts to a message with one emoji, or takes that back. Answered by `ack` or `error`.",
    fields: { on: "`true`: react. `false`: take it back." },
  },
  read: { summary: "Everything up to `seq` was read. Moves forward only.", fields: upTo("was read") },
  delivered: {
    summary: "Everything up to `seq` reached this device. Moves forward only.",
    fields: upTo("reached the device"),
  },
  typing: { summary: "The user began or stopped typing. Never stored." },
  auth: { summary: "Gives a live socket a fresh token of the same user." },
};

const fromServers: Texts = {
  message: { summary: "A new or changed message, to every device of both users. Moves the client's cursor." },
  ack: {
    summary: "The send or change is durable. A repeat gets the first one's numbers.",
    fields: { rev: "The revision that it took; a repeat's is an old one." },
  },
  read: { summary: "A user's read cursor moved.", fields: upTo("was read") },
  delivered: { summary: "A user's delivery cursor moved.", fields: upTo("reached a device") },
  typing: { summary: "The peer began or stopped typing." },
  presence: { summary: "The peer came online or went." },
  reset: {
    summary:
      "Too far behind, or the history was replaced: forget cached messages, load pages, go on at `rev`.",
  },
  error: {
    summary: "Recoverable trouble; the socket stays.",
    fields: {
      id: "The send or change that it answers, where it answers one.",
      message: "What happened this time, in words.",
    },
  },
};

const ready: FrameText = {
  summary:
    "How the conversation stands after any replay: from here every `message` is exactly one `rev` further.",
};

export const frameTexts: Readonly<Record<"conversation" | "inbox", { client: Texts; server: Texts }>> = {
  conversation: { client: fromClients, server: { ...fromServers, ready } },
  inbox: {
    client: {
      ...fromClients,
      sync: {
        summary:
          "Asks for what changed in a conversation after `after`, as a replay; without `after` only how it stands. Answered by `synced`.",
        fields: { after: "The newest `rev` that the client has." },
      },
      subscribe: {
        summary: "Names the peers whose presence this socket follows. Each is answered by `presence`.",
      },
    },
    server: {
      ...fromServers,
      ready: {
        summary: "The first frame: the conversation list. Frames that the client sends before it wait.",
      },
      summary: {
        summary:
          "How a conversation stands after everything told before. A `rev` above the client's cursor: it missed something, `sync`.",
      },
      synced: { summary: "Ends the answer to a `sync`: how the conversation stands." },
      presence: { summary: "Whether a peer is online, and else when they last were." },
    },
  },
};
