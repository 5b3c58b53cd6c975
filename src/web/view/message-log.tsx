import { useMemo } from "preact/hooks";
import type { ConversationMessage } from "../../client/index.ts";
import { chunksOf } from "../reading/chunks.ts";
import { rowKey } from "../reading/rows.ts";
import type { Loader } from "./use-pages.ts";
import { IconButton } from "./icon-button.tsx";
import { MessageChunk } from "./message-chunk.tsx";
import { moveByKey } from "./row-keys.ts";
import { useLook } from "./use-look.ts";
import { useOpeningPlace } from "./use-opening-place.ts";
import type { LogProperties } from "./message-log-properties.ts";

export function MessageLog(properties: LogProperties) {
  const { timeline, messages, status, name, log, opening } = properties;
  const { hasOlder, hasNewer } = timeline;
  const isPlaced = useOpeningPlace(properties);
  const { isAtEnd, look } = useLook(properties, isPlaced);
  const scrolled = () => {
    log.parts?.place.note();
    look();
  };
  const keyDown = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    if (event.key === "End" && hasNewer) {
      event.preventDefault();
      properties.toNewest();
    } else {
      moveByKey(event);
    }
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
        onKeyDown={keyDown}
      >
        <div ref={log.content} class="log-content">
          {opening.isDone ? <Beginning {...properties} hasOlder={hasOlder} /> : <Opened {...properties} />}
          <Chunks {...properties} />
          {hasNewer ? <Ending loader={properties.pages.newer} /> : properties.children}
        </div>
      </div>
      {(!isAtEnd || hasNewer) && messages.length > 0 && (
        <div class="jump">
          <IconButton icon="down" label="Go to the newest message" onClick={properties.toNewest} />
          {status.unread > 0 && <span class="badge">{status.unread}</span>}
        </div>
      )}
    </div>
  );
}

/** Before the messages that are seen first are there. */
function Opened({ messages, opening }: LogProperties) {
  return opening.hasFailed ? (
    <Failure text="Messages cannot be loaded at the moment." again={opening.again} />
  ) : (
    <Loading isAll={messages.length === 0} />
  );
}

function Ending({ loader: { failures, load } }: { readonly loader: Loader }) {
  return failures > 0 ? (
    <Failure key={failures} text="Newer messages cannot be loaded at the moment." again={() => void load()} />
  ) : (
    <Loading isAll={false} />
  );
}

function Failure({ text, again }: { readonly text: string; readonly again: () => void }) {
  return (
    <p class="beginning" role="alert">
      {text}
      <button type="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}

function Loading({ isAll }: { readonly isAll: boolean }) {
  return (
    <div class={isAll ? "loading all" : "loading"}>
      <span class="unseen">Loading messages…</span>
      <i />
      <i />
      <i />
    </div>
  );
}

function Beginning({ messages, name, hasOlder, pages }: LogProperties & { readonly hasOlder: boolean }) {
  const { failures, load } = pages.older;
  if (hasOlder) {
    return failures > 0 ? (
      <Failure
        key={failures}
        text="Older messages cannot be loaded at the moment."
        again={() => void load()}
      />
    ) : (
      <Loading isAll={messages.length === 0} />
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
