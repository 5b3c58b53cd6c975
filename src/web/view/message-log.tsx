import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ConversationMessage, ConversationStatus, Timeline } from "../../client/index.ts";
import { chunksOf } from "../reading/chunks.ts";
import { rowKey } from "../reading/rows.ts";
import type { ScrolledLog } from "./use-scroll-place.ts";
import type { Older } from "./use-older.ts";
import { IconButton } from "./icon-button.tsx";
import { MessageChunk } from "./message-chunk.tsx";
import type { MessageActions } from "./message-row.tsx";
import { moveByKey } from "./row-keys.ts";

interface LogProperties {
  readonly timeline: Timeline;
  readonly messages: readonly ConversationMessage[];
  readonly status: ConversationStatus;
  readonly you: string | undefined;
  readonly peer: string;
  readonly name: string;
  readonly lineSeq: number | undefined;
  readonly nowMs: number;
  readonly log: ScrolledLog;
  readonly older: Older;
  readonly activeKey: string | undefined;
  readonly actions: MessageActions;
  readonly onLeave: () => void;
  /** The reader sees this message and so all before it. */
  readonly onSeen: (seq: number) => void;
  readonly children: ComponentChildren;
}

export function MessageLog(properties: LogProperties) {
  const { timeline, messages, status, name, log, older, onSeen } = properties;
  const [isAtEnd, setAtEnd] = useState(true);
  const { hasOlder } = timeline;
  const look = useRef(() => {});
  look.current = () => {
    const place = log.parts?.place;
    if (place === undefined || !place.isShown) {
      return;
    }
    setAtEnd(place.isAtEnd);
    if (place.isNearStart && hasOlder && !older.hasFailed) {
      void older.load();
    }
    const seen = Number(place.lastSeen()?.getAttribute("data-seq") ?? 0);
    if (seen > 0) {
      onSeen(seen);
    }
  };
  // What is near the start, and what is seen, changes with everything that is drawn too.
  useEffect(() => look.current());
  useOpeningPlace(properties);
  const scrolled = () => {
    log.parts?.place.note();
    look.current();
  };
  return (
    <div class="log-place">
      <div
        ref={log.scroller}
        class="log"
        role="log"
        aria-live="off"
        aria-label={`Messages with ${name}`}
        tabIndex={0}
        onScroll={scrolled}
        onPointerLeave={properties.onLeave}
        onKeyDown={(event) => moveByKey(event)}
      >
        <div ref={log.content} class="log-content">
          <Beginning {...properties} hasOlder={hasOlder} />
          <Chunks {...properties} />
          {properties.children}
        </div>
      </div>
      {!isAtEnd && messages.length > 0 && (
        <div class="jump">
          <IconButton icon="down" label="Go to the newest message" onClick={() => log.parts?.place.toEnd()} />
          {status.unread > 0 && <span class="badge">{status.unread}</span>}
        </div>
      )}
    </div>
  );
}

function Beginning({ messages, name, hasOlder, older }: LogProperties & { readonly hasOlder: boolean }) {
  if (older.hasFailed && hasOlder) {
    return (
      <p class="beginning" role="alert">
        Older messages cannot be loaded at the moment.
        <button type="button" onClick={() => void older.load()}>
          Try again
        </button>
      </p>
    );
  }
  if (hasOlder) {
    return (
      <div class={messages.length === 0 ? "loading all" : "loading"}>
        <span class="unseen">Loading messages…</span>
        <i />
        <i />
        <i />
      </div>
    );
  }
  return (
    <p class="beginning">
      {messages.length === 0 ? (
        <>
          Say hello to <bdi>{name}</bdi>. 👋
        </>
      ) : (
        <>
          This is where your conversation with <bdi>{name}</bdi> begins.
        </>
      )}
    </p>
  );
}

function Chunks({ messages, status, log, activeKey, lineSeq, ...rest }: LogProperties) {
  const chunks = useMemo(() => chunksOf(messages), [messages]);
  if (log.parts === undefined) {
    return null;
  }
  const { nearness } = log.parts;
  const { you, peer, name, nowMs, actions } = rest;
  return (
    <>
      {chunks.map(({ index, messages: ofChunk }, position) => {
        const newest = newestSeq(ofChunk);
        const after = chunks[position + 1]?.messages[0];
        return (
          <MessageChunk
            key={index}
            index={index}
            messages={ofChunk}
            before={chunks[position - 1]?.messages.at(-1)}
            after={after}
            lineSeq={touchesLine(ofChunk, after, lineSeq) ? lineSeq : undefined}
            read={Math.min(status.read.peer, newest)}
            delivered={Math.min(status.delivered.peer, newest)}
            activeKey={hasRow(ofChunk, activeKey, you) ? activeKey : undefined}
            {...{ you, peer, name, nowMs, nearness, actions }}
          />
        );
      })}
    </>
  );
}

// What does not concern a chunk is not told to it, so that it need not be drawn again.

function touchesLine(
  messages: readonly ConversationMessage[],
  after: ConversationMessage | undefined,
  lineSeq: number | undefined,
): boolean {
  return lineSeq !== undefined && [...messages, after].some((message) => message?.seq === lineSeq);
}

function hasRow(
  messages: readonly ConversationMessage[],
  key: string | undefined,
  you: string | undefined,
): boolean {
  return key !== undefined && messages.some((message) => rowKey(message, you) === key);
}

function newestSeq(messages: readonly ConversationMessage[]): number {
  return messages.findLast(({ seq }) => seq !== undefined)?.seq ?? 0;
}

/** A conversation opens at its "new messages" line where it has one, else at its end. */
function useOpeningPlace({ messages, status, log }: LogProperties): void {
  const isPlaced = useRef(false);
  useLayoutEffect(() => {
    const { parts, scroller } = log;
    if (isPlaced.current || parts === undefined || messages.length === 0 || !status.isLive) {
      return;
    }
    isPlaced.current = true;
    const line = scroller.current?.querySelector("[data-new-line]");
    parts.place.toEnd();
    if (line !== null && line !== undefined) {
      parts.place.show(line, 0.2);
    }
  });
}
