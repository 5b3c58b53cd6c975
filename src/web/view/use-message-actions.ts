import { useMemo, useRef } from "preact/hooks";
import type { Conversation, ConversationMessage } from "../../client/index.ts";
import { chunkIndex } from "../reading/chunks.ts";
import { errorText } from "../reading/error-text.ts";
import { useChat } from "./chat-context.ts";
import type { Composing } from "./composer.tsx";
import type { MessageActions } from "./message-row.tsx";
import type { Older } from "./use-older.ts";
import type { ScrolledLog } from "./use-scroll-place.ts";

interface Parts {
  readonly conversation: Conversation;
  readonly log: ScrolledLog;
  readonly older: Older;
  readonly setComposing: (composing: Composing) => void;
  readonly setActiveKey: (key: string) => void;
  readonly setDeleting: (message: ConversationMessage) => void;
}

/** One object for all rows, so that they need not be drawn again when anything else is. */
export function useMessageActions(parts: Parts): MessageActions {
  const { client, notify } = useChat();
  const current = useRef(parts);
  current.current = parts;
  const { conversation } = parts;
  return useMemo(() => {
    const settle = (change: Promise<unknown>) => {
      change.catch((error: unknown) => notify(errorText(error)));
      if (client.connection.value.state !== "open") {
        notify("You are offline. This is done when you are back.");
      }
    };
    return {
      reply: (message) => current.current.setComposing({ kind: "reply", message }),
      edit: (message) => current.current.setComposing({ kind: "edit", message }),
      delete: (message) => current.current.setDeleting(message),
      react: (seq, emoji, on) => settle(conversation.react(seq, emoji, on)),
      copy: (text) =>
        void navigator.clipboard.writeText(text).then(
          () => notify("Copied."),
          () => notify("The text could not be copied."),
        ),
      // What fails again is shown where it stands.
      retry: (id) => void conversation.retry(id).catch(() => {}),
      discard: (id) => conversation.discard(id),
      goTo: (seq) => void goTo(seq, current.current),
      activate: (key) => current.current.setActiveKey(key),
    };
  }, [client, conversation, notify]);
}

/** Loads what lies between, where the message is older than all that is here. */
async function goTo(seq: number, { conversation: { messages }, log, older }: Parts): Promise<void> {
  const isHere = () => (messages.value[0]?.seq ?? 1) <= seq;
  for (let pages = 0; pages < 20 && !isHere() && messages.hasOlder; pages += 1) {
    await older.load();
  }
  const scroller = log.scroller.current;
  const chunk = scroller?.querySelector(`[data-chunk="${chunkIndex(seq)}"]`);
  if (scroller === null || chunk === null || chunk === undefined) {
    return;
  }
  const find = () => scroller.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
  if (find() === null) {
    // It is drawn as soon as it is near.
    log.parts?.place.show(chunk, 0.2);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
  const row = find();
  if (row !== null) {
    log.parts?.place.show(row, 0.3);
    row.focus({ preventScroll: true });
    row.classList.add("found");
    row.addEventListener("animationend", () => row.classList.remove("found"), { once: true });
  }
}
