/** What is sent of a typed text: no empty lines around it and nothing behind it. Its first line keeps its indentation. */
export function textToSend(typed: string): string {
  return typed.replace(/^\s*\n/, "").trimEnd();
}
