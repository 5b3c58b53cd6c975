/**
 * `debug`: happens as often as messages. `info`: a socket or session opened or closed. `warn`: a failure that is retried,
 * and its end. `error`: a request failed, or an operator must act.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

interface LogEvent {
  readonly level: LogLevel;
  /** Beside `event`, `object` and `objectId`, which every line of an object has. A field with `?` may be missing. */
  readonly fields: readonly string[];
}

/** Every event that can be logged. docs/guides/operations.md says what each means; a test compares the two. */
export const logEvents = {
  object_woken: { level: "debug", fields: ["sockets"] },
  object_abandoned: { level: "error", fields: ["reason", "sockets"] },
  socket_opened: { level: "info", fields: ["requestId", "sockets"] },
  socket_closed: { level: "info", fields: ["requestId", "code", "by", "openMs", "sockets"] },
  session_opened: { level: "info", fields: ["requestId", "transport", "sockets"] },
  session_joined: { level: "info", fields: ["requestId", "socketId"] },
  session_ended: { level: "info", fields: ["requestId", "sockets"] },
  session_lost: { level: "warn", fields: [] },
  session_push_failed: { level: "warn", fields: [] },
  session_detach_failed: { level: "warn", fields: ["requestId", "tries"] },
  session_call_failed: { level: "error", fields: ["requestId", "error"] },
  request_failed: { level: "error", fields: ["requestId", "method", "route", "status", "code", "error"] },
  frame_failed: { level: "error", fields: ["requestId", "code"] },
  sign_in_not_kept: { level: "warn", fields: ["requestId"] },
  keys_refresh_failed: { level: "warn", fields: ["error", "keys"] },
  user_lookup_failed: { level: "warn", fields: ["fault", "failures"] },
  archive_flush_failed: { level: "warn", fields: ["fault", "lag?", "failingMs"] },
  archive_slow: { level: "warn", fields: ["ms", "lag?"] },
  archive_recovered: { level: "warn", fields: ["failingMs"] },
  archive_repaired: { level: "warn", fields: ["found", "remaining"] },
  record_behind_archive: { level: "warn", fields: ["recordRev", "archiveRev"] },
  inbox_delivery_failed: { level: "warn", fields: [] },
  inbox_list_unavailable: { level: "warn", fields: ["requestId"] },
  quota_unchecked: { level: "warn", fields: [] },
  conversation_call_failed: { level: "error", fields: ["tries"] },
  settling_abandoned: { level: "warn", fields: ["requestId?", "tries"] },
  presence_call_failed: { level: "warn", fields: [] },
  commit_failed: { level: "error", fields: ["error"] },
  write_failed: { level: "error", fields: ["error"] },
  alarm_failed: { level: "error", fields: ["error"] },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof logEvents;

type Field<Name extends LogEventName> = (typeof logEvents)[Name]["fields"][number];

/** Names, codes, counts and milliseconds. Never a text, a token or the message of an error, which may contain both. */
export type FieldsOf<Name extends LogEventName> = {
  readonly [Key in Exclude<Field<Name>, `${string}?`>]: string | number;
} & {
  readonly [Key in Field<Name> as Key extends `${infer Optional}?` ? Optional : never]?:
    | string
    | number
    | undefined;
};

/** Logs an event and counts it in the metrics. */
export type Report = <Name extends LogEventName>(event: Name, fields: FieldsOf<Name>) => void;

/** The class of anything that was thrown. Unlike its message, it contains no user data. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
