import type { ConversationList, Summary } from "../protocol/conversation-list.ts";
import type { Profile } from "./api.ts";
import type { Rest } from "./rest.ts";

/** A page of the list; with `peer`, the one conversation there is. */
export async function listPage(
  rest: Rest,
  peer: string | undefined,
  query: Readonly<Record<string, string | number>>,
): Promise<ConversationList> {
  if (peer === undefined) {
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return rest.request("GET", `/v1/conversations?${pairs.join("&")}`);
  }
  const path = `/v1/conversations/${encodeURIComponent(peer)}`;
  const [summary, profile] = await Promise.all([rest.request<Summary>("GET", path), profileOf(rest, peer)]);
  const { unread } = summary;
  return {
    conversations: [{ ...summary, profile }],
    unread: { messages: unread, conversations: Math.sign(unread) },
    position: 0,
  };
}

/** What a user is called; empty where nobody said. */
export async function profileOf(rest: Rest, user: string): Promise<Profile> {
  const { name, picture } = await rest.request<Profile>("GET", `/v1/users/${encodeURIComponent(user)}`);
  return { ...(name !== undefined && { name }), ...(picture !== undefined && { picture }) };
}
