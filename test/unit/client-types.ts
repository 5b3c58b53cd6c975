// What the SDK shows is written by hand, so that its types need no zod. Here the compiler sees that it is the protocol:
// `npm run types` fails where one of the two has what the other has not.
import type * as Shown from "../../src/client/api.ts";
import type { PairlineErrorCode } from "../../src/client/errors.ts";
import type * as Frames from "../../src/protocol/client-frame.ts";
import type { ListedConversation } from "../../src/protocol/conversation-list.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import type { z } from "zod";

/** What is in a shape, as JSON has it: by name whether it may be missing (never undefined) and what it is. */
type Parts<Shape> = Shape extends readonly (infer Item)[]
  ? [Parts<Item>]
  : Shape extends object
    ? {
        [Name in keyof Shape]-?: [
          {} extends Pick<Shape, Name> ? "may be missing" : "is there",
          Parts<Exclude<Shape[Name], undefined>>,
        ];
      }
    : Shape;

type IsSame<One, Other> = [Parts<One>, Parts<Other>] extends [Parts<Other>, Parts<One>] ? true : false;
type Holds<Claim extends true> = Claim;
/** A frame of the outbox as it is sent to a conversation's socket. */
type Sent<Type> = Extract<Shown.OutboxFrame, { type: Type }>;

export type Checked = [
  Holds<IsSame<Shown.Message, Message>>,
  Holds<IsSame<Shown.Quote, NonNullable<Message["quote"]>>>,
  Holds<IsSame<Omit<Shown.ConversationSummary, "peerOnline" | "lastSeenMs">, ListedConversation>>,
  Holds<IsSame<Shown.Profile, NonNullable<ListedConversation["profile"]>>>,
  Holds<IsSame<Shown.Sent, Omit<Receipt, "rev">>>,
  // The frame's schema leaves `data` to rules of its own (DA).
  Holds<IsSame<Omit<Sent<"send">, "data">, Omit<Frames.Send, "data">>>,
  Holds<IsSame<NonNullable<Shown.Content["data"]>, NonNullable<Message["data"]>>>,
  Holds<IsSame<Sent<"edit">, z.infer<typeof Frames.editSchema>>>,
  Holds<IsSame<Sent<"delete">, z.infer<typeof Frames.deleteSchema>>>,
  Holds<IsSame<Sent<"react">, z.infer<typeof Frames.reactSchema>>>,
  Holds<IsSame<Exclude<PairlineErrorCode, "network" | "no_token" | "storage" | "closed">, ErrorCode>>,
];

/** What would be passed over were the comparison too lax. */
export type CheckedComparison = [
  Holds<IsSame<{ a?: 1 }, { a: 1 }> extends false ? true : false>,
  Holds<IsSame<{ a: 1 }, { a: 1; b?: 2 }> extends false ? true : false>,
  Holds<IsSame<{ readonly a: readonly 1[] }, { a: 1[] }>>,
];
