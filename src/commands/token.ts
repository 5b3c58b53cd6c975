// Prints a development token: `npm run token -- alice`.
import { userIdFromClaim } from "../protocol/identity.ts";
import { localSecret } from "./local.ts";
import { signToken } from "./sign-token.ts";

const user = userIdFromClaim(process.argv[2]);
if (user === undefined) {
  console.error("Usage: npm run token -- <user id of 1 to 128 printable ASCII characters>");
  process.exit(2);
}
console.log(await signToken(user, localSecret(), process.env));
