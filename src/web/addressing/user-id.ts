/** What the server takes as a user id (AD1): 1 to 128 printable ASCII characters. */
export function isUserId(text: string): boolean {
  return /^[\x20-\x7e]{1,128}$/.test(text) && text !== "." && text !== "..";
}

/** Why no conversation with this id can be opened; undefined if one can. `you` is missing until the server has named it. */
export function peerFault(peer: string, you: string | undefined): string | undefined {
  if (!isUserId(peer)) {
    return "This address names nobody: a user id has 1 to 128 characters, and only plain letters, digits and signs.";
  }
  return peer === you ? "This is your own id. You cannot write to yourself." : undefined;
}
