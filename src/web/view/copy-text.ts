/** Copies a text and says so. A page without https has no clipboard, and a browser may refuse it. */
export function copyText(text: string, notify: (text: string) => void): void {
  void write(text).then(
    () => notify("Copied."),
    () => notify("The text could not be copied."),
  );
}

async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
