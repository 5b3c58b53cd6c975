/** The name that a signed token says, to be shown before the server has answered. Missing where it says none. */
export function tokenName(token: string): string | undefined {
  try {
    const [, payload = ""] = token.split(".");
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const { name } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly name?: unknown };
    return typeof name === "string" && name.trim() !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
