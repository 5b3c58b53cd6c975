import type { ConversationMessage, PendingMessage } from "../../client/index.ts";

/** What can be done with a message of the log. The same object while the conversation is open. */
export interface MessageActions {
  reply(message: ConversationMessage): void;
  edit(message: ConversationMessage): void;
  delete(message: ConversationMessage): void;
  react(seq: number, emoji: string, on: boolean): void;
  copy(text: string): void;
  retry(id: string): void;
  discard(id: string): void;
  /** Takes the text of a send that was refused back into the field. */
  rewrite(message: PendingMessage): void;
  /** Shows the message of this number. */
  goTo(seq: number): void;
  /** The row is the one that the reader is at. */
  activate(key: string): void;
}

export interface MessageRowProperties {
  readonly rowKey: string;
  readonly message: ConversationMessage;
  readonly isOwn: boolean;
  readonly startsRun: boolean;
  readonly endsRun: boolean;
  readonly isActive: boolean;
  readonly you: string | undefined;
  readonly name: string;
  readonly read: number;
  readonly delivered: number;
  readonly actions: MessageActions;
}
