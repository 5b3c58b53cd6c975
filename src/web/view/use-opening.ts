import { useCallback, useEffect, useState } from "preact/hooks";
import type { Conversation, PairlineError } from "../../client/index.ts";
import { openFirstUnread } from "../reading/opening.ts";
import { useChat } from "./chat-context.ts";

export interface Opening {
  /** The messages that the reader sees first are there. */
  readonly isDone: boolean;
  readonly hasFailed: boolean;
  readonly again: () => void;
}

/** Opens a conversation once it is known how it stands; again when the connection is back after a failure. */
export function useOpening(conversation: Conversation, isLive: boolean): Opening {
  const { client } = useChat();
  const [state, setState] = useState<"waiting" | "open" | "failed">("waiting");
  const again = useCallback(() => setState("waiting"), []);
  const isWaiting = state === "waiting" && isLive;
  useEffect(() => {
    if (isWaiting) {
      openFirstUnread(conversation, client.you).then(
        () => setState("open"),
        // Without the archive the newest messages still come.
        (error: PairlineError) => setState(error.code === "archive_unavailable" ? "open" : "failed"),
      );
    }
  }, [conversation, client, isWaiting]);
  useEffect(() => {
    if (isLive) {
      setState((before) => (before === "failed" ? "waiting" : before));
    }
  }, [isLive]);
  return { isDone: state === "open", hasFailed: state === "failed", again };
}
