import { useMemo, useRef } from "preact/hooks";
import type { ConversationMessage } from "../../client/index.ts";
import { findMessage, type Composing } from "../composing/composing.ts";
import { errorText } from "../reading/error-text.ts";
import { useChat } from "./chat-context.ts";
import { copyText } from "./copy-text.ts";
import { goTo, type Searched } from "./go-to.ts";
import type { MessageActions } from "./message-row-properties.ts";
import { tellWaiting } from "./tell-waiting.ts";

interface Parts extends Searched {
  readonly setComposing: (composing: Composing) => void;
  readonly setActiveKey: (key: string) => void;
  readonly setDeleting: (message: ConversationMessage) => void;
}

/** One object for all rows, so that they need not be drawn again when anything else is. */
export function useMessageActions(parts: Parts): MessageActions {
  const { client, drafts, notify } = useChat();
  const current = useRef(parts);
  current.current = parts;
  const { conversation } = parts;
  return useMemo(() => {
    const settle = (change: Promise<unknown>) => {
      change.catch((error: unknown) => notify(errorText(error)));
      tellWaiting({ client, notify });
    };
    return {
      reply: (message) => current.current.setComposing({ kind: "reply", message }),
      edit: (message) => current.current.setComposing({ kind: "edit", message }),
      delete: (message) => current.current.setDeleting(message),
      react: (seq, emoji, on) => settle(conversation.react(seq, emoji, on)),
      copy: (text) => copyText(text, notify),
      // What fails again is shown where it stands.
      retry: (id) => void conversation.retry(id).catch(() => {}),
      discard: (id) => conversation.discard(id),
      rewrite: ({ id, text, replyTo }) => {
        // In the draft before it leaves the outbox: it is kept in one of the two.
        drafts.add(conversation.peer, text);
        conversation.discard(id);
        const message = findMessage(conversation.messages.value, { seq: replyTo });
        current.current.setComposing(message === undefined ? { kind: "new" } : { kind: "reply", message });
      },
      goTo: (seq) => void goTo(seq, current.current).catch((error: unknown) => notify(errorText(error))),
      activate: (key) => current.current.setActiveKey(key),
    };
  }, [client, conversation, drafts, notify]);
}
