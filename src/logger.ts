type Fields = Readonly<Record<string, string | number | boolean>>;

/**
 * The one way to the log: a line of JSON an event. Fields are names, codes, counts and milliseconds;
 * never a text, a token, or another error's message, which may carry both.
 */
export function report(event: string, fields: Fields = {}): void {
  console.error(JSON.stringify({ event, ...fields }));
}
