import { localAdminKey, localPlace } from "./local.ts";

/** A Worker and the key of its admin routes. */
export interface Deployment {
  readonly url: string;
  readonly adminKey: string;
}

/** Where to ask and with which key: that of `.dev.vars` is for a local Worker only. */
export function deploymentAt(url: string | undefined): Deployment {
  const address = new URL(url ?? localPlace().url);
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(address.hostname);
  if (address.protocol !== "https:" && !(isLocal && address.protocol === "http:")) {
    throw new Error("--url must begin with https://, or with http:// for a Worker on this machine");
  }
  const key = process.env["ADMIN_KEY"] ?? "";
  if (!isLocal && key === "") {
    throw new Error(`set ADMIN_KEY in the environment to the admin key of ${address.origin}`);
  }
  return { url: address.origin, adminKey: key === "" ? localAdminKey() : key };
}
