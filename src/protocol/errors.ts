interface ErrorFace {
  /** HTTP status of a REST answer or a refused upgrade. */
  readonly status: number;
  /** WebSocket close code where the trouble ends the socket. */
  readonly closeCode: number;
  readonly title: string;
}

/**
 * Everything that can go wrong, with its two faces: a recoverable trouble is an `error` frame or a REST problem,
 * a fatal one closes the socket with `closeCode`.
 */
export const errorCatalogue = {
  bad_frame: { status: 400, closeCode: 4400, title: "The frame is not one of the protocol" },
  bad_request: { status: 400, closeCode: 4400, title: "The request is malformed" },
  bad_text: { status: 400, closeCode: 4400, title: "The text cannot be a message" },
  bad_emoji: { status: 400, closeCode: 4417, title: "This is not one emoji" },
  bad_data: { status: 400, closeCode: 4418, title: "The data cannot be a message's" },
  bad_peer: { status: 400, closeCode: 4404, title: "The peer is not a user you can write to" },
  out_of_range: { status: 400, closeCode: 4416, title: "A number is out of its range" },
  unauthorized: { status: 401, closeCode: 4401, title: "The token is missing or not valid" },
  token_expired: { status: 401, closeCode: 4402, title: "The token has expired" },
  origin_refused: { status: 403, closeCode: 4403, title: "This origin is not allowed" },
  not_author: { status: 403, closeCode: 4406, title: "Only its author may do this to a message" },
  blocked: { status: 403, closeCode: 4415, title: "This user has blocked you" },
  too_late: { status: 403, closeCode: 4420, title: "The time for editing this message is over" },
  not_found: { status: 404, closeCode: 4404, title: "There is nothing here" },
  unknown_peer: { status: 404, closeCode: 4407, title: "Nobody is known by this id" },
  unknown_message: { status: 404, closeCode: 4412, title: "There is no message of this number" },
  method_not_allowed: { status: 405, closeCode: 4405, title: "This method is not allowed here" },
  conflict: { status: 409, closeCode: 4409, title: "This id was used for another message" },
  superseded: { status: 409, closeCode: 4419, title: "A newer edit of this message came before" },
  too_many_reactions: {
    status: 409,
    closeCode: 4421,
    title: "This message has as many different emoji as it may",
  },
  alias_taken: { status: 409, closeCode: 4411, title: "This alias stands for another user" },
  stale: {
    status: 409,
    closeCode: 4410,
    title: "Too far behind to be sure what this means: catch up and resend",
  },
  device_limit: { status: 409, closeCode: 4408, title: "A newer device took this socket's place" },
  message_deleted: { status: 410, closeCode: 4414, title: "This message was deleted" },
  gone: { status: 410, closeCode: 4424, title: "This address is not served any more" },
  too_large: { status: 413, closeCode: 4413, title: "The frame or body is too large" },
  upgrade_required: { status: 426, closeCode: 4426, title: "This address speaks WebSocket" },
  rate_limited: { status: 429, closeCode: 4429, title: "Too many at once" },
  too_many_conversations: { status: 429, closeCode: 4430, title: "Too many new conversations in an hour" },
  slow_reader: { status: 429, closeCode: 1013, title: "Too much is waiting to be read" },
  internal: { status: 500, closeCode: 4500, title: "Something failed on the server" },
  not_configured: { status: 503, closeCode: 4503, title: "The server is not configured" },
  not_migrated: { status: 503, closeCode: 4504, title: "The archive's tables are not there yet" },
  archive_unavailable: { status: 503, closeCode: 4505, title: "The archive cannot be reached" },
  keys_unavailable: { status: 503, closeCode: 4506, title: "The token's keys cannot be fetched" },
} as const satisfies Record<string, ErrorFace>;

export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** A refusal on its way to a frame, a problem or a close. `field` names the input that is wrong. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
  readonly retryAfterMs?: number;
}

export function refusal(code: ErrorCode, more: Omit<Partial<Refusal>, "code"> = {}): Refusal {
  return { code, message: errorCatalogue[code].title, ...more };
}
