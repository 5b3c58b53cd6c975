import type { ClientOptions, Content, Timing } from "./api.ts";
import { PairlineError } from "./errors.ts";
import { requireUserId } from "./user-id.ts";

/** Throws at the call what an app's code does wrong: a rejected or repeated try would hide it. */
export function requireThat(
  isRight: boolean,
  sentence: string,
  field?: string,
  code: "bad_request" | "out_of_range" = "bad_request",
): asserts isRight {
  if (!isRight) {
    throw new PairlineError(code, sentence, { field });
  }
}

export function requireOptions(options: ClientOptions): void {
  requireThat(isObject(options), "createClient needs an object with `url` and `token`");
  const { url, token, peer, storage, timing, WebSocket, fetch } = options;
  requireThat(
    typeof url === "string" && /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/i.test(url),
    `url must be the Worker's address, beginning with https:// or http://, and is ${shown(url)}`,
    "url",
  );
  requireFunction(token, "token");
  if (peer !== undefined) {
    requireUserId(peer);
  }
  if (storage !== undefined) {
    requireThat(isObject(storage), `storage must be an object, and is ${shown(storage)}`, "storage");
    const methods = storage as unknown as Readonly<Record<string, unknown>>;
    ["load", "put", "remove"].forEach((name) => requireFunction(methods[name], `storage.${name}`));
  }
  requireTiming(timing);
  requirePlatform("WebSocket", WebSocket);
  requirePlatform("fetch", fetch);
}

export function requireFunction(value: unknown, name: string): void {
  requireThat(typeof value === "function", `${name} must be a function, and is ${shown(value)}`, name);
}

/** A message's number, or a `rev`. */
export function requireWhole(value: unknown, name: string, least = 1, most = Number.MAX_SAFE_INTEGER): void {
  requireThat(
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    `${name} must be a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ""}, and is ${shown(value)}`,
    name,
    "out_of_range",
  );
}

export function requireText(value: unknown, name: string): void {
  requireThat(typeof value === "string", `${name} must be a string, and is ${shown(value)}`, name);
}

export function requireBoolean(value: unknown, name: string): void {
  requireThat(typeof value === "boolean", `${name} must be true or false, and is ${shown(value)}`, name);
}

export function requireContent(content: string | Content): void {
  if (typeof content === "string") {
    return;
  }
  requireThat(
    isObject(content),
    `send needs a text, or an object with \`text\`, and got ${shown(content)}`,
    "text",
  );
  const { text, replyTo, data } = content;
  requireText(text, "text");
  if (replyTo !== undefined) {
    requireWhole(replyTo, "replyTo");
  }
  requireThat(data === undefined || isObject(data), `data must be an object, and is ${shown(data)}`, "data");
}

export function requireFlags(flags: { readonly muted?: boolean; readonly archived?: boolean }): void {
  const given = isObject(flags) ? [flags.muted, flags.archived].filter((flag) => flag !== undefined) : [];
  requireThat(given.length > 0, "set needs `muted` or `archived`");
  given.forEach((flag) => requireBoolean(flag, "a flag"));
}

function requireTiming(timing: Partial<Timing> | undefined): void {
  requireThat(
    timing === undefined || isObject(timing),
    `timing must be an object, and is ${shown(timing)}`,
    "timing",
  );
  for (const [name, ms] of Object.entries(timing ?? {})) {
    requireThat(
      typeof ms === "number" && ms >= 0 && ms < 2 ** 31,
      `timing.${name} must be a number of milliseconds, and is ${shown(ms)}`,
      "timing",
    );
  }
}

function requirePlatform(name: "WebSocket" | "fetch", given: unknown): void {
  if (given !== undefined) {
    requireFunction(given, name);
    return;
  }
  const isThere = typeof (globalThis as Record<string, unknown>)[name] === "function";
  requireThat(isThere, `there is no ${name} here: pass one, createClient({ …, ${name} })`, name);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Short, whatever it is. */
function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.slice(0, 60))
    : typeof value === "number"
      ? String(value)
      : Array.isArray(value)
        ? "an array"
        : value === null
          ? "null"
          : typeof value;
}
