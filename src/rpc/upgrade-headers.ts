import { profileSchema, type Profile } from "../protocol/conversation-list.ts";

/** What the door tells a conversation of a socket. The door makes these headers itself; a client's are never passed on. */
export const userHeader = "x-pairline-user";
export const expiresHeader = "x-pairline-expires-at-ms";
/** The id of the upgrade's request: what the client and the log call its socket. */
export const socketRequestHeader = "x-pairline-request-id";

/** The peer's name and picture, where the door knows them. */
export const profileHeader = "x-pairline-peer-profile";

/** Headers hold ASCII. */
export function encodedProfile(profile: Profile): string {
  return encodeURIComponent(JSON.stringify(profile));
}

export function decodedProfile(header: string | null): Profile | undefined {
  return header === null ? undefined : profileSchema.parse(JSON.parse(decodeURIComponent(header)));
}
