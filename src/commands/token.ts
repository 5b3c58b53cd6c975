// Prints a development token: `npm run token -- alice`.
import { userIdFromClaim } from "../protocol/identity.ts";
import { runCommand, UsageError } from "./arguments.ts";
import { localSecret } from "./local.ts";
import { signToken } from "./sign-token.ts";

const usage = `Usage: npm run token -- <user id>

Prints a token for the local Worker, good for a day. A user id is 1 to 128 printable ASCII characters.`;

await runCommand(
  { usage, options: {}, positionals: { what: "one user id", low: 1, high: 1 } },
  async ({ positionals: [given = ""] }) => {
    const user = userIdFromClaim(given);
    if (user === undefined) {
      throw new UsageError(`${JSON.stringify(given)} is not a user id.`);
    }
    if (user.startsWith("--")) {
      throw new UsageError(
        `${JSON.stringify(given)} looks like an option; a user id here cannot begin with --.`,
      );
    }
    console.log(await signToken(user, localSecret(), process.env));
    return 0;
  },
);
