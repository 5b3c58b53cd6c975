/** The id of whoever signs in as a name: ids are printable ASCII. */
export function userIdOf(name: string): string {
  const trimmed = name.trim();
  return /^[\x20-\x7e]*$/.test(trimmed) ? trimmed : encodeURIComponent(trimmed.toWellFormed());
}
