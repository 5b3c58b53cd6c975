/** Whether the keyboard is one of glass: it takes half of what the reader sees. */
export function isTouchDevice(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
