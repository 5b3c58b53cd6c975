/** A conversation's key in D1: 22 characters, base64url of the first 128 bits of SHA-256 of its object's name. */
export async function conversationKey(name: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest, 0, 16)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
