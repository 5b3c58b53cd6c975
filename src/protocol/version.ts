/**
 * The subprotocol a socket negotiates, and the version of every shape in this folder.
 *
 * Changelog
 * - pairline.v1: send, read, delivered, typing, auth, ping; ready, message, ack, read, delivered, typing,
 *   presence, reset, error; REST pages, sends, read cursors and the conversation's summary.
 * - added: the inbox socket's frames (the above with `peer`, sync, synced, subscribe, summary), the conversation list,
 *   mute and archive, users and their profiles, presence settings; `profile` in `ready`.
 * - added: edit, delete, react; replyTo and data in `send`; quote in messages; blocked and last.deleted in summaries;
 *   their REST requests, blocks, limits and errors.
 * - added: the operators' verification of a conversation's archive.
 * - added: the replaced app's REST, and the error gone.
 * - added: requestId in ready and in problems, and the header x-request-id.
 * - added: `after` of a page: the messages above a `seq`.
 * - added: unread.mutedMessages in the conversation list.
 */
export const protocolVersion = "pairline.v1";

/** A token travels as this subprotocol beside the version: `pairline.v1, bearer.<token>`. */
export const bearerPrefix = "bearer.";
