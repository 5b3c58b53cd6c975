import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { Summary } from "../protocol/conversation-list.ts";
import type {
  Content,
  Conversation,
  ConversationMessage,
  ConversationStatus,
  Message,
  OutboxEntry,
  OutboxFrame,
  Sent,
  Timeline,
} from "./api.ts";
import { Backlog, headBefore } from "./backlog.ts";
import type { ConversationPorts } from "./conversation-ports.ts";
import { deferred, type Deferred } from "./deferred.ts";
import { PairlineError } from "./errors.ts";
import { Follower } from "./follower.ts";
import { History } from "./history.ts";
import { View } from "./live.ts";
import { Marks } from "./marks.ts";
import { OlderPages } from "./older-pages.ts";
import { Outbox } from "./outbox.ts";
import { randomId } from "./random-id.ts";
import { Typing } from "./typing.ts";
import { utf8Length } from "./utf8-length.ts";

/** Messages that are kept of a conversation that nobody looks at. */
const keptMessages = 200;
/** The frame of a conversation, as told on either socket. */
type PeerFrame = Extract<InboxServerFrame, { peer?: string | undefined }>;
