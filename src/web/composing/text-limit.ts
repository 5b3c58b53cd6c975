/** From this share of the limit on, the field says how much is left. */
const nearLimit = 0.9;

export interface TextRoom {
  /** Characters that have to go; 0 if the text fits. */
  readonly tooMany: number;
  /** About how many more characters fit; undefined while the limit is far. */
  readonly left: number | undefined;
}

/** How a text stands to a limit in bytes of UTF-8, in characters as people count them. */
export function textRoom(text: string, maxBytes: number): TextRoom {
  // A UTF-16 unit is at most 3 bytes, so most texts need not be encoded.
  if (text.length * 3 < maxBytes * nearLimit) {
    return { tooMany: 0, left: undefined };
  }
  const bytes = new TextEncoder().encode(text).length;
  const characters = Array.from(text);
  if (bytes <= maxBytes) {
    const left = Math.floor(((maxBytes - bytes) * characters.length) / bytes);
    return { tooMany: 0, left: bytes >= maxBytes * nearLimit ? left : undefined };
  }
  return { tooMany: characters.length - fitting(characters, maxBytes), left: undefined };
}

/** How many of the first characters fit. */
function fitting(characters: readonly string[], maxBytes: number): number {
  let bytes = 0;
  const first = characters.findIndex((character) => {
    bytes += bytesOf(character);
    return bytes > maxBytes;
  });
  return first === -1 ? characters.length : first;
}

function bytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) {
    return 1;
  }
  if (code < 0x800) {
    return 2;
  }
  return code < 0x10000 ? 3 : 4;
}

/** What stands beside the field; undefined while there is nothing to say. */
export function roomText({ tooMany, left }: TextRoom): string | undefined {
  if (tooMany > 0) {
    return `Too long by ${tooMany.toLocaleString()} ${tooMany === 1 ? "character" : "characters"}.`;
  }
  return left === undefined ? undefined : `${left.toLocaleString()} left`;
}
