import type { Planted } from "../proof/planted.ts";

/** A Worker that logs what was written, who wrote it, their token and the deployment's key: in its own lines, beside them, and in an exception that nobody catches. */
export const plantedLeaks: readonly Planted[] = [
  {
    file: "conversation/object.ts",
    from: "receiveFrame(this.#conversation, device, data);",
    to: "receiveFrame(this.#conversation, device, data); throw new Error(data);",
  },
  {
    file: "http/door.ts",
    from: 'context.set("verified", verdict);',
    to: `context.set("verified", verdict);
  context.get("observer").report("sign_in_not_kept", { requestId: verdict.user });
  console.info(verdict.profile.name);`,
  },
  {
    file: "http/door.ts",
    from: "const config = readAuthConfig(context.env);",
    to: 'const config = readAuthConfig(context.env); console.warn("with", context.env.JWT_SECRET);',
  },
  {
    file: "http/upgrade.ts",
    from: "return bearer?.slice(bearerPrefix.length);",
    to: "console.error({ bearer }); return bearer?.slice(bearerPrefix.length);",
  },
];
