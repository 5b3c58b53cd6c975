const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const idCharacters = 24;

/** 124 random bits. React Native has no `crypto`; the id must be unique, not secret. */
export function randomId(): string {
  const bytes = new Uint8Array(idCharacters);
  const { crypto } = globalThis as { crypto?: { getRandomValues?(bytes: Uint8Array): unknown } };
  if (crypto?.getRandomValues === undefined) {
    bytes.forEach((_, index) => {
      bytes[index] = Math.random() * 256;
    });
  } else {
    crypto.getRandomValues(bytes);
  }
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join("");
}
