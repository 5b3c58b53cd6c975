import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ConversationMessage } from "../../client/index.ts";
import { dayText } from "../reading/days.ts";
import { rowsOf } from "../reading/rows.ts";
import { Boundary } from "./boundary.tsx";
import { isShallowlySame, memo } from "./memo.tsx";
import { MessageRow } from "./message-row.tsx";
import type { Nearness } from "./nearness.ts";
import type { MessageActions } from "./message-row-properties.ts";

export interface ChunkProperties {
  readonly index: number;
  readonly messages: readonly ConversationMessage[];
  readonly before: ConversationMessage | undefined;
  readonly after: ConversationMessage | undefined;
  readonly you: string | undefined;
  readonly peer: string;
  readonly name: string;
  readonly lineSeq: number | undefined;
  /** How far the peer has read and got these messages. */
  readonly read: number;
  readonly delivered: number;
  /** The row whose actions are shown. */
  readonly activeKey: string | undefined;
  readonly nowMs: number;
  readonly nearness: Nearness;
  readonly actions: MessageActions;
}

/** Some consecutive messages. Far from what the reader sees they are an empty box of the same height. */
export const MessageChunk = memo(function MessageChunk(properties: ChunkProperties) {
  const { index, nearness } = properties;
  const element = useRef<HTMLDivElement>(null);
  const [undrawnHeightPx, setUndrawnHeight] = useState<number>();
  useLayoutEffect(() => {
    const { current } = element;
    return current === null
      ? undefined
      : nearness.watch(current, (isNear) => {
          // What has the focus stays, or the keyboard would lose its place.
          const isKept = isNear || current.contains(document.activeElement);
          setUndrawnHeight((height) => (isKept ? undefined : (height ?? current.offsetHeight)));
        });
  }, [nearness]);
  const isDrawn = undrawnHeightPx === undefined;
  return (
    <div
      ref={element}
      class="chunk"
      data-chunk={index}
      style={{ height: isDrawn ? undefined : `${undrawnHeightPx}px` }}
    >
      {isDrawn && <Rows {...properties} />}
    </div>
  );
}, isSame);

function Rows({ messages, before, after, you, lineSeq, activeKey, nowMs, ...row }: ChunkProperties) {
  return (
    <>
      {rowsOf(messages, { you, before, after, lineSeq }).map(({ key, ...place }) => (
        <div key={key} class="row-place">
          {place.startsDay && (
            <h3 class="day">
              <span>{dayText(place.message.createdAt, nowMs)}</span>
            </h3>
          )}
          {place.startsNew && (
            <p class="new-line" data-new-line>
              <span>New messages</span>
            </p>
          )}
          <Boundary
            of={place.message}
            fallback={() => <p class="beginning">This message cannot be shown.</p>}
          >
            <MessageRow {...row} {...place} you={you} rowKey={key} isActive={key === activeKey} />
          </Boundary>
        </div>
      ))}
    </>
  );
}

/** The messages of a chunk are the same though their array is another. */
function isSame(
  { messages, ...one }: ChunkProperties,
  { messages: others, ...other }: ChunkProperties,
): boolean {
  return (
    messages.length === others.length &&
    messages.every((message, index) => message === others[index]) &&
    isShallowlySame(one, other)
  );
}
