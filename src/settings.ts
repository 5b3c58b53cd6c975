import * as z from "zod";
import { fixedLimits, inboxFramesPerSend, signalsPerSend, type Limits } from "./protocol/limits.ts";

/** What a team can change, read once from the variables of wrangler.toml. */
export interface Settings {
  readonly limits: Limits;
  /** Origins that may call from a browser besides the Worker's own; `*` allows all. */
  readonly allowedOrigins: readonly string[];
  /** Whether another name of a user stands for their id, in tokens and in addresses. */
  readonly aliases: boolean;
  /** Whom one may write to: any id, or only users who signed in once or whom the app's team named. */
  readonly peers: "any" | "known";
  /** Whether the replaced app's REST is served. */
  readonly chatsApi: boolean;
}

const variable = (fallback: number, low: number, high: number) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined || text.trim() === "" ? fallback : Number(text)))
    .pipe(z.number().min(low).max(high));

const choice = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined || text.trim() === "" ? choices[0] : text.trim()))
    .pipe(z.enum(choices));

const variablesSchema = z.object({
  RATE_LIMIT_PER_SECOND: variable(5, 0.01, 1_000_000),
  RATE_LIMIT_BURST: variable(20, 1, 1_000_000).pipe(z.int()),
  NEW_CONVERSATIONS_PER_HOUR: variable(60, 1, 1_000_000_000).pipe(z.int()),
  // JSON may escape every letter, at three times its bytes outside ASCII, and the frame must still fit its 64 KiB.
  MAX_TEXT_BYTES: variable(16_384, 1, 21_504).pipe(z.int()),
  EDIT_WINDOW_SECONDS: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text.trim() === "" ? undefined : Number(text)))
    .pipe(z.int().min(1).max(1_000_000_000).optional()),
  ALLOWED_ORIGINS: z.string().optional(),
  // The first one is the default.
  ALIASES: choice(["off", "on"]),
  PEERS: choice(["any", "known"]),
  CHATS_API: choice(["on", "off"]),
});

/** A variable that cannot be used. The message names it; values stay out, a secret may have been pasted there. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Throws a SettingsError that names the first variable out of its range. */
export function readSettings(variables: object): Settings {
  const parsed = variablesSchema.safeParse(variables);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0] ?? "a variable");
    throw new SettingsError(`${name} is not a value that it can have (see README.md)`);
  }
  const {
    RATE_LIMIT_PER_SECOND,
    RATE_LIMIT_BURST,
    NEW_CONVERSATIONS_PER_HOUR,
    MAX_TEXT_BYTES,
    EDIT_WINDOW_SECONDS,
    ALLOWED_ORIGINS,
  } = parsed.data;
  return {
    limits: {
      maxTextBytes: MAX_TEXT_BYTES,
      maxFrameBytes: fixedLimits.maxFrameBytes,
      maxMessageIdCharacters: fixedLimits.maxMessageIdCharacters,
      maxDataBytes: fixedLimits.maxDataBytes,
      maxDataDepth: fixedLimits.maxDataDepth,
      maxReactions: fixedLimits.maxReactions,
      ...(EDIT_WINDOW_SECONDS !== undefined && { editWindowMs: EDIT_WINDOW_SECONDS * 1_000 }),
      sendsPerSecond: RATE_LIMIT_PER_SECOND,
      sendBurst: RATE_LIMIT_BURST,
      signalsPerSecond: RATE_LIMIT_PER_SECOND * signalsPerSend,
      signalBurst: RATE_LIMIT_BURST * signalsPerSend,
      maxBadFrames: fixedLimits.maxBadFrames,
      maxDevices: fixedLimits.maxDevices,
      maxReplayChanges: fixedLimits.maxReplayChanges,
      maxReplayBytes: fixedLimits.maxReplayBytes,
      maxOutstandingCharacters: outstandingCharacters(RATE_LIMIT_PER_SECOND, MAX_TEXT_BYTES),
      maxPageMessages: fixedLimits.maxPageMessages,
      newConversationsPerHour: NEW_CONVERSATIONS_PER_HOUR,
      presenceTtlMs: fixedLimits.presenceTtlMs,
      maxListConversations: fixedLimits.maxListConversations,
      maxPresencePeers: fixedLimits.maxPresencePeers,
      inboxFramesPerSecond: RATE_LIMIT_PER_SECOND * inboxFramesPerSend,
      // A whole subscription must fit.
      inboxFrameBurst: Math.max(RATE_LIMIT_BURST * inboxFramesPerSend, 2 * fixedLimits.maxPresencePeers),
    },
    allowedOrigins: (ALLOWED_ORIGINS ?? "")
      .split(",")
      .map((origin) => origin.trim().replace(/\/+$/, ""))
      .filter((origin) => origin !== ""),
    aliases: parsed.data.ALIASES === "on",
    peers: parsed.data.PEERS,
    chatsApi: parsed.data.CHATS_API === "on",
  };
}

/**
 * What both users may send in a minute at the configured rate, between 4 and 64 Mi: shared by a conversation's sockets,
 * so that those that stopped reading cannot fill the 128 MB which objects of an isolate have together.
 */
function outstandingCharacters(sendsPerSecond: number, maxTextBytes: number): number {
  const perMinute = 2 * 60 * sendsPerSecond * maxTextBytes;
  return Math.round(Math.min(Math.max(perMinute, 4 * 1_048_576), 64 * 1_048_576));
}
