import { UsageError } from "./arguments.ts";
import { localAdminKey, localPlace } from "./local.ts";

/** A Worker and the key of its admin routes. */
export interface Deployment {
  readonly url: string;
  readonly adminKey: string;
}

const localHosts = ["127.0.0.1", "localhost", "[::1]"];

/** Where to ask and with which key: that of `.dev.vars` is for a local Worker only. Throws an error for a person. */
export function deploymentAt(url: string | undefined): Deployment {
  const address = addressOf(url ?? localPlace().url);
  return { url: address.origin, adminKey: adminKeyFor(address) };
}

function addressOf(given: string): URL {
  if (!URL.canParse(given)) {
    throw new UsageError(
      `--url is ${JSON.stringify(given)}; it must be a whole address, such as https://dm.example.com.`,
    );
  }
  const address = new URL(given);
  if (address.protocol !== "https:" && !(isLocal(address) && address.protocol === "http:")) {
    throw new UsageError("--url must begin with https://, or with http:// for a Worker on this machine.");
  }
  if (address.href !== `${address.origin}/`) {
    throw new UsageError(
      `--url must be the address alone, without a path, a query or a name: ${address.origin}`,
    );
  }
  return address;
}

function adminKeyFor(address: URL): string {
  const key = process.env["ADMIN_KEY"] ?? "";
  // A header cannot carry others.
  if (!/^[\x21-\x7e]*$/.test(key)) {
    throw new Error("ADMIN_KEY in the environment has a space, a line break or a letter outside ASCII");
  }
  if (key !== "") {
    return key;
  }
  if (!isLocal(address)) {
    throw new Error(`set ADMIN_KEY in the environment to the admin key of ${address.origin}`);
  }
  return localAdminKey();
}

function isLocal({ hostname }: URL): boolean {
  return localHosts.includes(hostname);
}
