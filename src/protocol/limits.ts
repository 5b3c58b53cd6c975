import * as z from "zod";

/** Fixed limits: the same in every deployment. Those a team can change are in `settings.ts`. */
export const fixedLimits = {
  /** Characters of a user id; two of them, quoted, stay below the 1,024 bytes up to which an object knows its name. */
  maxUserIdCharacters: 128,
  /** Characters of a message's client-made id. */
  maxMessageIdCharacters: 64,
  /** Bytes of UTF-8 in one incoming frame or REST body; the platform itself would take 32 MiB. */
  maxFrameBytes: 65_536,
  /** Bad frames in a row after which a socket is closed. */
  maxBadFrames: 10,
  /** Sockets of one user in one conversation; one more closes the stalest. */
  maxDevices: 20,
  /** Changes replayed on connect; more is answered with `reset`. */
  maxReplayChanges: 1_000,
  /** Bytes of replayed frames on connect; more is answered with `reset`. */
  maxReplayBytes: 1_048_576,
  /** Messages of one history page. */
  maxPageMessages: 100,
  /** Messages of one answer of the replaced app's REST: two pages. */
  maxChats: 200,
  /** Conversations of one page of the list. */
  maxListConversations: 500,
  /** Peers whose presence one socket follows: those on its screen. */
  maxPresencePeers: 50,
  /** Characters of a user's name and of the address of their picture. */
  maxNameCharacters: 128,
  maxPictureCharacters: 2_048,
  /** Bytes of UTF-8 of a message's `data` as JSON, and how many objects and arrays may lie in each other. */
  maxDataBytes: 4_096,
  maxDataDepth: 32,
  /** Different emoji on one message. */
  maxReactions: 20,
  /** Other names of one user. */
  maxAliases: 20,
  /** Rows that a retry check examines when `after` was given, before it answers `stale`. */
  maxRetryCheckRows: 10_000,
  /** Rows that it examines without `after`, before the message is stored. */
  maxRetryCheckRowsWithoutAfter: 1_000,
  /** CONNECT packets of Socket.IO in a minute: of one session, and of a user over all sessions. */
  maxConnectsPerSession: 10,
  maxConnectsPerUser: 60,
  /** `private_dm` events beside the rate of a send, in the first seconds of a connection: those clients do not retry. */
  privateDmBurst: 100,
  privateDmBurstWindowMs: 10_000,
  /** Over how long a user's burst comes back, so that connecting again and again brings no more. */
  privateDmBurstRefillMs: 300_000,
  /** Times a user may show or hide themselves at once, and in each minute. */
  presenceChangesPerMinute: 10,
  /** Milliseconds after its last sign of life (frame or ping) for which a socket counts as presence. */
  presenceTtlMs: 120_000,
} as const;

/** The greatest `MAX_TEXT_BYTES`. JSON may escape every letter, at three times its bytes, and the frame must still fit. */
export const greatestMaxTextBytes = 21_504;

/** Messages of a history page when the request names no limit. */
export const defaultPageMessages = 50;

/** Conversations of the list when the request names no limit, and in the inbox socket's `ready`. */
export const defaultListConversations = 50;

/** Frames a user may send over their inbox sockets, to all conversations together, for each message the rate allows in one. */
export const inboxFramesPerSend = 20;

/** `read`, `delivered`, `typing` and `auth` frames a user may send for each message the rate allows. */
export const signalsPerSend = 4;

/** Every limit that a client can meet, announced in `ready`. Bytes are bytes of UTF-8. */
export const limitsSchema = z.object({
  maxTextBytes: z.int(),
  maxFrameBytes: z.int(),
  maxMessageIdCharacters: z.int(),
  maxDataBytes: z.int(),
  maxDataDepth: z.int(),
  maxReactions: z.int(),
  /** How long after it was sent a message may be edited; missing: for ever. */
  editWindowMs: z.int().optional(),
  sendsPerSecond: z.number(),
  sendBurst: z.int(),
  signalsPerSecond: z.number(),
  signalBurst: z.int(),
  maxBadFrames: z.int(),
  maxDevices: z.int(),
  maxReplayChanges: z.int(),
  maxReplayBytes: z.int(),
  maxOutstandingCharacters: z.int(),
  maxPageMessages: z.int(),
  newConversationsPerHour: z.int(),
  presenceTtlMs: z.int(),
  maxListConversations: z.int(),
  maxPresencePeers: z.int(),
  inboxFramesPerSecond: z.number(),
  inboxFrameBurst: z.int(),
});
export type Limits = z.infer<typeof limitsSchema>;
