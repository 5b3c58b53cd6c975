/** Stands for a message that shows nothing: one with only `data` of an app, or with invisible characters only. */
const standIn = "Message without text";
const visible = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a reader sees anything of a text. */
export function isVisible(text: string): boolean {
  return visible.test(text);
}

/** What is shown and announced of a message's text, or of a part of it. */
export function shownText(text: string): string {
  return isVisible(text) ? text : standIn;
}
