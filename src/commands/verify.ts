// Compares one conversation with D1: `npm run verify -- alice bob [--repair] [--url https://…]`.
// Exit code 0: they agree, or do again; 1: they differ; 2: it could not be checked.
import { parseArgs } from "node:util";
import { userIdFromClaim } from "../protocol/identity.ts";
import { localAdminKey, localPlace } from "./local.ts";
import { verifyAll, type Deployment } from "./verify-parts.ts";

const usage = "Usage: npm run verify -- <user id> <user id> [--repair] [--url https://…]";

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { repair: { type: "boolean", default: false }, url: { type: "string" } },
  });
  const [one, other] = positionals.map(userIdFromClaim);
  if (positionals.length !== 2 || one === undefined || other === undefined) {
    throw new Error(usage);
  }
  const agrees = await verifyAll(deploymentAt(values.url), [one, other], values.repair);
  process.exitCode = agrees ? 0 : 1;
} catch (error) {
  console.error(
    error instanceof TypeError ? `${error.message}\n${usage}` : String(error).replace(/^Error: /, ""),
  );
  process.exitCode = 2;
}

/** Where to ask and with which key: that of `.dev.vars` is for a local Worker only. */
function deploymentAt(url: string | undefined): Deployment {
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
