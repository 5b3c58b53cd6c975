import type { Timeline, ConversationMessage, ConversationStatus } from "../../client/index.ts";
import type { ScrolledLog } from "./use-scroll-place.ts";
import type { Pages } from "./use-pages.ts";
import type { Opening } from "./use-opening.ts";
import type { MessageActions } from "./message-row-properties.ts";
import type { ComponentChildren } from "../../../node_modules/preact/src/index.d.ts";

export interface LogProperties {
  readonly timeline: Timeline;
  readonly messages: readonly ConversationMessage[];
  readonly status: ConversationStatus;
  readonly you: string | undefined;
  readonly peer: string;
  readonly name: string;
  readonly lineSeq: number | undefined;
  readonly nowMs: number;
  readonly log: ScrolledLog;
  readonly pages: Pages;
  readonly opening: Opening;
  readonly activeKey: string | undefined;
  readonly actions: MessageActions;
  readonly onLeave: () => void;
  readonly toNewest: () => void;
  /** The reader sees this message and so all before it. */
  readonly onSeen: (seq: number) => void;
  readonly children: ComponentChildren;
}
