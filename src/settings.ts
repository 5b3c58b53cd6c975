import * as z from "zod";
import {
  fixedLimits,
  greatestMaxTextBytes,
  inboxFramesPerSend,
  signalsPerSend,
  type Limits,
} from "./protocol/limits.ts";

/** What a team can change, read once from the variables of wrangler.toml. */
export interface Settings {
  readonly limits: Limits;
  /** Origins that may call from a browser besides the Worker's own; `*` allows all. */
  readonly allowedOrigins: readonly string[];
  /** Whether another name of a user stands for their id, in tokens and in addresses. */
  readonly aliases: boolean;
  /** Whom one may write to: any id, or only users who signed in once or whom the app's team named. */
  readonly peers: "any" | "known";
  readonly socketIo: SocketIoSettings;
  /** Whether the replaced app's REST is served. */
  readonly chatsApi: boolean;
}

/** How Socket.IO clients are served. */
export interface SocketIoSettings {
  /** Without a slash at their ends. */
  readonly paths: readonly string[];
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Bytes of one packet, in a post or as a frame of a WebSocket. */
  readonly maxPayloadBytes: number;
  readonly connectTimeoutMs: number;
  /** Where a client's `auth` object may have its token. */
  readonly authKeys: readonly string[];
}

/** Refuses `1e3`, `0x10` and `5_000`: their author may mean another number than Number() reads. */
const decimalDigits = /^\d+(\.\d+)?$/;

const decimalNumber = (text: string | undefined): number | undefined => {
  const digits = text?.trim() ?? "";
  if (digits === "") {
    return undefined;
  }
  return decimalDigits.test(digits) ? Number(digits) : Number.NaN;
};

const variable = (fallback: number, low: number, high: number) =>
  z
    .string()
    .optional()
    .transform((text) => decimalNumber(text) ?? fallback)
    .pipe(z.number().min(low).max(high));

const choice = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined || text.trim() === "" ? choices[0] : text.trim()))
    .pipe(z.enum(choices));

const list = (fallback: string) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined ? fallback : text).split(",").map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ""));

/**
 * An origin as browsers send it, in lower case and without a default port; undefined when browsers never send such a
 * one. `capacitor://localhost` and the like are the origins of apps around a web page.
 */
function browserOrigin(text: string): string | undefined {
  if (text === "*" || text === "null") {
    return text;
  }
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null || url.host === "" || url.host.includes("*")) {
    return undefined;
  }
  const origin = `${url.protocol}//${url.host}`;
  return url.href === origin || url.href === `${origin}/` ? origin : undefined;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** One that never matches would refuse every page, and nothing would say why. */
const origins = list("").transform((texts, context) =>
  texts.map((text) => {
    const origin = browserOrigin(text);
    if (origin === undefined) {
      const message = "must be * or origins like https://app.example, no path, no pattern";
      context.addIssue({ code: "custom", message });
    }
    return origin ?? "";
  }),
);

const variablesSchema = z.object({
  RATE_LIMIT_PER_SECOND: variable(5, 0.01, 1_000_000),
  RATE_LIMIT_BURST: variable(20, 1, 1_000_000).pipe(z.int()),
  NEW_CONVERSATIONS_PER_HOUR: variable(60, 1, 1_000_000_000).pipe(z.int()),
  MAX_TEXT_BYTES: variable(16_384, 1, greatestMaxTextBytes).pipe(z.int()),
  EDIT_WINDOW_SECONDS: z
    .string()
    .optional()
    .transform(decimalNumber)
    .pipe(z.int().min(1).max(1_000_000_000).optional()),
  ALLOWED_ORIGINS: origins,
  // Read where tokens are checked; here it is judged.
  JWT_JWKS_URL: z
    .string()
    .optional()
    .refine(
      (text) => !text || isWebAddress(text),
      "must be a whole address like https://id.example/jwks.json",
    ),
  // The first one is the default.
  ALIASES: choice(["off", "on"]),
  PEERS: choice(["any", "known"]),
  SOCKETIO_PATHS: list("/socket.io,/ws/sockets.io").pipe(z.array(z.string().regex(/^(\/[\w.-]+)+\/?$/))),
  SOCKETIO_PING_INTERVAL_MS: variable(25_000, 100, 86_400_000).pipe(z.int()),
  SOCKETIO_PING_TIMEOUT_MS: variable(60_000, 100, 86_400_000).pipe(z.int()),
  SOCKETIO_MAX_PAYLOAD_BYTES: variable(65_536, 1_024, 1_048_576).pipe(z.int()),
  SOCKETIO_CONNECT_TIMEOUT_MS: variable(10_000, 100, 600_000).pipe(z.int()),
  SOCKETIO_AUTH_KEYS: list("token,Authorization").transform((keys) =>
    keys.length === 0 ? ["token", "Authorization"] : keys,
  ),
  CHATS_API: choice(["on", "off"]),
  // Read where lines are written; here it is judged.
  LOG_LINES: choice(["steps", "all", "failures"]),
});

/** A variable that cannot be used. The message names it; values stay out, a secret may have been pasted there. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Throws a SettingsError that names the first variable out of its range. */
export function readSettings(variables: object): Settings {
  const parsed = variablesSchema.safeParse(variables);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? "a variable");
    const fault = issue?.code === "custom" ? issue.message : "is not a value that it can have";
    throw new SettingsError(`${name} ${fault} (see docs/guides/configuration.md)`);
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
    allowedOrigins: ALLOWED_ORIGINS,
    aliases: parsed.data.ALIASES === "on",
    peers: parsed.data.PEERS,
    socketIo: socketIoSettings(parsed.data),
    chatsApi: parsed.data.CHATS_API === "on",
  };
}

function socketIoSettings(variables: z.infer<typeof variablesSchema>): SocketIoSettings {
  return {
    paths: variables.SOCKETIO_PATHS.map((path) => path.replace(/\/$/, "")),
    pingIntervalMs: variables.SOCKETIO_PING_INTERVAL_MS,
    pingTimeoutMs: variables.SOCKETIO_PING_TIMEOUT_MS,
    maxPayloadBytes: variables.SOCKETIO_MAX_PAYLOAD_BYTES,
    connectTimeoutMs: variables.SOCKETIO_CONNECT_TIMEOUT_MS,
    authKeys: variables.SOCKETIO_AUTH_KEYS,
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
