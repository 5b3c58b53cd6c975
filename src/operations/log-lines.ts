/** `debug`: a step as frequent as messages. `info`: one of sockets and sessions. `warn`: a failure that mends itself, and its end. `error`: somebody was let down, or somebody must look. */
export type LogLevel = "debug" | "info" | "warn" | "error";

interface LogLine {
  readonly level: LogLevel;
  /** Beside those of every line: `event`, and of an object `object` and `objectId`. One with `?` may be missing. */
  readonly fields: readonly string[];
}

/** Every line that the log can have. docs/guides/operations.md says what each means; a test holds the two together. */
export const logLines = {
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
} as const satisfies Record<string, LogLine>;

export type LogLineName = keyof typeof logLines;

type Field<Name extends LogLineName> = (typeof logLines)[Name]["fields"][number];

/** Names, codes, counts and milliseconds; never a text, a token, or another error's message, which may carry both. */
export type FieldsOf<Name extends LogLineName> = {
  readonly [Key in Exclude<Field<Name>, `${string}?`>]: string | number;
} & {
  readonly [Key in Field<Name> as Key extends `${infer Optional}?` ? Optional : never]?:
    | string
    | number
    | undefined;
};

/** Writes a line, and counts what it says where somebody counts. */
export type Report = <Name extends LogLineName>(event: Name, fields: FieldsOf<Name>) => void;

/** Which kind of trouble it is, of anything that was thrown. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
