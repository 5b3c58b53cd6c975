import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ConversationMessage } from "../../client/index.ts";
import { liveComposing, type Composing } from "../composing/composing.ts";
import { errorText } from "../reading/error-text.ts";
import { nextLine, noLine } from "../reading/new-messages-line.ts";
import { nameOf } from "../reading/person.ts";
import { isTouchDevice } from "../reading/touch-device.ts";
import { useChat } from "./chat-context.ts";
import { Composer } from "./composer.tsx";
import { ConversationHeader } from "./conversation-header.tsx";
import { MessageLog } from "./message-log.tsx";
import { Modal } from "./modal.tsx";
import { tellWaiting } from "./tell-waiting.ts";
import { useLive } from "./use-live.ts";
import { useLooking } from "./use-looking.ts";
import { useMessageActions } from "./use-message-actions.ts";
import { useMinute } from "./use-minute.ts";
import { useOpening } from "./use-opening.ts";
import { usePages } from "./use-pages.ts";
import { useScrollPlace, type ScrolledLog } from "./use-scroll-place.ts";

interface PaneProperties {
  readonly peer: string;
  /** What is said about the peer while there is no message. */
  readonly children?: ComponentChildren;
}

export function ConversationPane({ peer, children }: PaneProperties) {
  const { client, notify } = useChat();
  const conversation = useMemo(() => client.conversation(peer), [client, peer]);
  const messages = useLive(conversation.messages);
  const status = useLive(conversation.status);
  const { messages: timeline } = conversation;
  const pages = usePages(timeline, useLive(client.connection));
  const opening = useOpening(conversation, status.isLive);
  const log = useScrollPlace();
  const nowMs = useMinute();
  const isLooking = useLooking();
  const [chosen, setComposing] = useState<Composing>({ kind: "new" });
  const composing = liveComposing(chosen, messages);
  const [activeKey, setActiveKey] = useState<string>();
  const [deleting, setDeleting] = useState<ConversationMessage>();
  const markedSeq = useRef(0);
  const name = nameOf(peer, status.profile);
  const lineSeq = useLine(messages, client.you, {
    isLooking: isLooking && status.isLive && opening.isDone && messages.length > 0,
    readSeq: Math.max(status.read.you, markedSeq.current),
    unread: status.unread,
  });
  const actions = useMessageActions({ conversation, log, setComposing, setActiveKey, setDeleting });
  useEffect(() => {
    // What was deleted is not chosen any more, whatever is loaded later.
    setComposing((now) => (liveComposing(now, messages).kind === now.kind ? now : { kind: "new" }));
  }, [messages]);
  useLineInSight(log, isLooking);
  useFocusOnOpening(log);
  const toNewest = () => {
    timeline.openNewest().catch((error: unknown) => notify(errorText(error)));
    log.parts?.place.toEnd();
  };
  const markRead = (seq: number) => {
    // A mark is a write: none where nothing of the peer is new.
    if (
      isLooking &&
      status.isLive &&
      status.unread > 0 &&
      seq > Math.max(status.read.you, markedSeq.current)
    ) {
      markedSeq.current = seq;
      conversation.markRead(seq);
    }
  };
  return (
    <>
      <ConversationHeader conversation={conversation} status={status} />
      {messages.length === 0 && children}
      <MessageLog
        timeline={timeline}
        you={client.you}
        onSeen={markRead}
        onLeave={() => setActiveKey(focusedRow())}
        {...{
          messages,
          status,
          peer,
          name,
          lineSeq,
          nowMs,
          log,
          pages,
          opening,
          activeKey,
          actions,
          toNewest,
        }}
      >
        {status.peerTyping && (
          <div class="typing-bubble" aria-hidden="true">
            <i />
            <i />
            <i />
          </div>
        )}
      </MessageLog>
      <Composer
        conversation={conversation}
        status={status}
        name={name}
        composing={composing}
        setComposing={setComposing}
        messages={messages}
        onSent={() => log.parts?.place.toEnd()}
      />
      {deleting !== undefined && (
        <Modal
          title="Delete this message?"
          text={`It will be gone for you and for ${name}.`}
          confirm="Delete"
          onConfirm={() => {
            conversation.delete(deleting.seq ?? 0).catch((error: unknown) => notify(errorText(error)));
            tellWaiting({ client, notify });
          }}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

function useLine(
  messages: readonly ConversationMessage[],
  you: string | undefined,
  seen: { readonly isLooking: boolean; readonly readSeq: number; readonly unread: number },
): number | undefined {
  const line = useRef(noLine);
  const next = nextLine(line.current, { ...seen, messages, you, nowMs: Date.now() });
  useEffect(() => {
    line.current = next;
  });
  return next.seq;
}

/** While the reader looks elsewhere, what comes does not push the "new messages" line out of sight. */
function useLineInSight({ parts, scroller }: ScrolledLog, isLooking: boolean): void {
  useLayoutEffect(() => {
    const line = scroller.current?.querySelector("[data-new-line]");
    if (!isLooking && parts?.place.isAtEnd === true && line && parts.place.isAbove(line)) {
      parts.place.show(line, 0.2);
    }
  });
}

/** On a phone the field would raise the keyboard over what one wants to read. */
function useFocusOnOpening({ scroller }: ScrolledLog): void {
  useLayoutEffect(() => {
    if (isTouchDevice()) {
      scroller.current?.focus({ preventScroll: true });
    }
  }, [scroller]);
}

function focusedRow(): string | undefined {
  return document.activeElement?.closest("[data-row]")?.getAttribute("data-row") ?? undefined;
}
