import type { ConversationMessage } from "../../client/index.ts";
import { dayOf } from "./days.ts";

/** Messages of one author so close to each other stand together. */
const runMs = 5 * 60_000;

/** A message and how it stands among its neighbours. */
export interface Row {
  /** The same while a send waits and once it is numbered. */
  readonly key: string;
  readonly message: ConversationMessage;
  readonly isOwn: boolean;
  readonly startsDay: boolean;
  readonly startsNew: boolean;
  readonly startsRun: boolean;
  readonly endsRun: boolean;
}

export interface Surroundings {
  /** Missing before the server said who the user is: then all that is there waits to be sent. */
  readonly you: string | undefined;
  readonly before: ConversationMessage | undefined;
  readonly after: ConversationMessage | undefined;
  /** The first message above which the "new messages" line stands. */
  readonly lineSeq: number | undefined;
}

export function rowsOf(messages: readonly ConversationMessage[], around: Surroundings): Row[] {
  const { you, before, after, lineSeq } = around;
  return messages.map((message, index) => {
    const previous = messages[index - 1] ?? before;
    const next = messages[index + 1] ?? after;
    return {
      key: rowKey(message, you),
      message,
      isOwn: isOwn(message, you),
      startsDay: previous === undefined || dayOf(previous.createdAt) !== dayOf(message.createdAt),
      startsNew: isAt(lineSeq, message),
      startsRun: isAt(lineSeq, message) || !isRun(previous, message, you),
      endsRun: isAt(lineSeq, next) || !isRun(message, next, you),
    };
  });
}

/** Ids are unique for each author only. */
export function rowKey(message: ConversationMessage, you: string | undefined): string {
  return `${isOwn(message, you) ? "own" : "peer"}:${message.id}`;
}

export function isOwn({ author }: ConversationMessage, you: string | undefined): boolean {
  return author === undefined || author === you;
}

function isAt(lineSeq: number | undefined, message: ConversationMessage | undefined): boolean {
  return lineSeq !== undefined && message?.seq === lineSeq;
}

function isRun(
  first: ConversationMessage | undefined,
  second: ConversationMessage | undefined,
  you: string | undefined,
): boolean {
  return (
    first !== undefined &&
    second !== undefined &&
    isOwn(first, you) === isOwn(second, you) &&
    second.createdAt - first.createdAt < runMs &&
    dayOf(first.createdAt) === dayOf(second.createdAt)
  );
}
