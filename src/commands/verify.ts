// Compares a conversation with D1, or each one: `npm run verify -- alice bob | --all | --pairs pairs.jsonl`.
// Exit code 0: they agree, or do again; 1: they differ; 2: it could not be checked.
import { parseArgs } from "node:util";
import { userIdFromClaim } from "../protocol/identity.ts";
import { deploymentAt } from "./deployment.ts";
import { pairsOfDeployment, pairsOfFile } from "./pairs.ts";
import { verifyMany } from "./verify-many.ts";
import { verifyAll } from "./verify-parts.ts";

const usage =
  "Usage: npm run verify -- <user id> <user id> | --all | --pairs <file>  [--repair] [--url https://…]";

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      pairs: { type: "string" },
      repair: { type: "boolean", default: false },
      url: { type: "string" },
    },
  });
  const { all, pairs, repair } = values;
  const [one, other] = positionals.map(userIdFromClaim);
  const isPair = positionals.length === 2 && one !== undefined && other !== undefined;
  if (
    [isPair, all, pairs !== undefined].filter(Boolean).length !== 1 ||
    (!isPair && positionals.length > 0)
  ) {
    throw new Error(usage);
  }
  const deployment = deploymentAt(values.url);
  const agrees = isPair
    ? await verifyAll(deployment, [one, other], repair)
    : await verifyMany(
        deployment,
        pairs === undefined ? pairsOfDeployment(deployment) : pairsOfFile(pairs),
        repair,
      );
  process.exitCode = agrees ? 0 : 1;
} catch (error) {
  console.error(
    error instanceof TypeError ? `${error.message}\n${usage}` : String(error).replace(/^Error: /, ""),
  );
  process.exitCode = 2;
}
