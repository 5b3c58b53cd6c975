import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";

/** How the client's socket speaks: for all conversations, or for one. */
export interface Line {
  /** Where the socket is, as the client stands. `cursor`: of the one conversation. */
  path(cursor: number | undefined): string;
  outgoing(peer: string, frame: object): object;
  /** The frames that a text of the server stands for. Throws a SyntaxError if it is none. */
  incoming(text: string): readonly InboxServerFrame[];
}

export const inboxLine: Line = {
  path: () => "/v1/socket",
  outgoing: (peer, frame) => ({ ...frame, peer }),
  incoming: (text) => [parsed(text) as InboxServerFrame],
};

/** A conversation's own socket says nothing of its peer, and replays on connecting. */
export function conversationLine(peer: string): Line {
  const path = `/v1/conversations/${encodeURIComponent(peer)}/socket`;
  return {
    path: (cursor) => (cursor === undefined ? path : `${path}?after=${cursor}`),
    outgoing: (_, frame) => frame,
    incoming(text) {
      const frame = parsed(text) as ServerFrame;
      if (frame.type !== "ready") {
        return [{ ...frame, peer }];
      }
      const { you, limits, ...standing } = frame;
      return [
        { type: "ready", you, limits },
        { ...standing, type: "synced", peer },
      ];
    },
  };
}

function parsed(text: string): object {
  const frame: unknown = JSON.parse(text);
  if (typeof frame !== "object" || frame === null) {
    throw new SyntaxError("a frame is an object");
  }
  return frame;
}
