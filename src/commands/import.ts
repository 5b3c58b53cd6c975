// Brings messages of a replaced app along: `npm run import -- messages.jsonl [--rejects file] [--from line] [--url https://…]`,
// and its users before them: `npm run import -- --users users.jsonl`. Either may be repeated: what is there stays.
// Exit code 0: everything is there; 1: some lines were rejected; 2: it could not go on.
import { resolve } from "node:path";
import { maxImportLines } from "../protocol/import.ts";
import { count, flag, runCommand, text, UsageError } from "./arguments.ts";
import { deploymentAt } from "./deployment.ts";
import { importFile, importUsers } from "./import-file.ts";

const usage = `Usage: npm run import -- <messages.jsonl> [--rejects file] [--batch lines] [--from line] [--url https://…]
       npm run import -- --users <users.jsonl> [--rejects file] [--from line] [--url https://…]

Imports messages, or users, from a file with a JSON object in each line.
  --rejects  a file for the lines that could not be imported
  --batch    messages in a request, 1 to ${maxImportLines}, 500 by default
  --from     the first line to import, 1 by default
  --url      the deployment, with its ADMIN_KEY in the environment; without it the local Worker
Exit code 0: everything is there; 1: some lines were rejected; 2: it could not go on.`;

const options = {
  users: flag,
  rejects: text("a file"),
  batch: count(500, 1, maxImportLines),
  from: count(1),
  url: text("an address"),
};
const positionals = { what: "one file", low: 1, high: 1 };

await runCommand({ usage, options, positionals, errorCode: 2 }, async (args) => {
  const { users, rejects, batch, from, url } = args.values;
  const [path = ""] = args.positionals;
  if (users && args.given.has("batch")) {
    throw new UsageError("--batch is for messages: users are set one at a time.");
  }
  if (rejects !== undefined && resolve(rejects) === resolve(path)) {
    throw new UsageError("--rejects is the file that is imported, which would be overwritten.");
  }
  const run = users ? importUsers : importFile;
  const rejected = await run(deploymentAt(url), {
    path,
    fromLine: from,
    batchLines: batch,
    rejectsPath: rejects,
  });
  return rejected === 0 ? 0 : 1;
});
