import type { PairlineError } from "../../client/index.ts";

const texts: Partial<Record<PairlineError["code"], string>> = {
  bad_text: "This message is too long or has characters that cannot be sent.",
  too_large: "This message is too long.",
  blocked: "This person does not take your messages.",
  unknown_peer: "Nobody has this name.",
  bad_peer: "This is not a name that you can write to.",
  too_many_conversations: "You began many conversations. Try again in a while.",
  rate_limited: "That was too fast. Try again in a moment.",
  too_late: "It is too late to edit this message.",
  superseded: "This message was edited elsewhere meanwhile.",
  message_deleted: "This message was deleted.",
  unknown_message: "This message is no longer there.",
  too_many_reactions: "This message has no room for another reaction.",
  unauthorized: "You are signed out.",
  token_expired: "You are signed out.",
  no_token: "You are signed out.",
  device_limit: "You have too many open windows.",
  storage: "What you send is not kept on this device while it waits.",
  archive_unavailable: "Older messages cannot be loaded at the moment.",
  not_configured: "The server is not set up yet.",
  not_migrated: "The server is not set up yet.",
  network: "The server cannot be reached.",
};

const signedOut: ReadonlySet<unknown> = new Set(["unauthorized", "token_expired", "no_token"]);

export function isSignedOut({ code }: PairlineError): boolean {
  return signedOut.has(code);
}

/** What the user is told; the error's own message is for developers. */
export function errorText(error: unknown): string {
  const code = (error as Partial<PairlineError> | undefined)?.code;
  return (code !== undefined && texts[code]) || "Something went wrong. Try again.";
}
