// Compares one conversation with D1: `npm run verify -- alice bob [--repair] [--url https://…]`.
// Exit code 0: they agree, or do again; 1: they differ; 2: it could not be checked.
import { parseArgs } from "node:util";
import { userIdFromClaim } from "../protocol/identity.ts";
import { deploymentAt } from "./deployment.ts";
import { verifyAll } from "./verify-parts.ts";

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
