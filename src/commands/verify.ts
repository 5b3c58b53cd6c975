// Compares a conversation with D1, or each one: `npm run verify -- alice bob | --all | --pairs pairs.jsonl`.
// Exit code 0: they agree, or do again; 1: they differ; 2: it could not be checked.
import { userIdFromClaim } from "../protocol/identity.ts";
import { flag, runCommand, text, UsageError } from "./arguments.ts";
import { deploymentAt } from "./deployment.ts";
import { pairsOfDeployment, pairsOfFile, type Users } from "./pairs.ts";
import { verifyMany } from "./verify-many.ts";
import { verifyAll } from "./verify-parts.ts";

const usage = `Usage: npm run verify -- <user id> <user id> | --all | --pairs <file>  [--repair] [--url https://…]

Compares a conversation with D1, every conversation, or those of a file of lines like ["alice","bob"].
  --repair   archives again what differs
  --url      the deployment, with its ADMIN_KEY in the environment; without it the local Worker
Exit code 0: D1 is as the record (now); 1: it is not; 2: it could not be checked.`;

const options = { all: flag, pairs: text("a file"), repair: flag, url: text("an address") };
const positionals = { what: "two user ids, --all or --pairs", low: 0, high: 2 };

await runCommand({ usage, options, positionals, errorCode: 2 }, async (args) => {
  const { all, pairs, repair, url } = args.values;
  const users = usersOf(args.positionals);
  if ([users !== undefined, all, pairs !== undefined].filter(Boolean).length !== 1) {
    throw new UsageError("This command takes one of two user ids, --all and --pairs.");
  }
  const deployment = deploymentAt(url);
  if (users !== undefined) {
    return (await verifyAll(deployment, users, repair)) ? 0 : 1;
  }
  const listed = pairs === undefined ? pairsOfDeployment(deployment) : pairsOfFile(pairs);
  return (await verifyMany(deployment, listed, repair)) ? 0 : 1;
});

function usersOf(given: readonly string[]): Users | undefined {
  if (given.length === 0) {
    return undefined;
  }
  const [one, other] = given.map((id) => {
    const user = userIdFromClaim(id);
    if (user === undefined) {
      throw new UsageError(`${JSON.stringify(id)} is not a user id.`);
    }
    return user;
  });
  if (one === undefined || other === undefined) {
    throw new UsageError("A conversation has two users: one user id was given.");
  }
  return [one, other];
}
