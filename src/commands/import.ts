// Brings messages of a replaced app along: `npm run import -- messages.jsonl [--rejects file] [--from line] [--url https://…]`,
// and its users before them: `npm run import -- --users users.jsonl`. Either may be repeated: what is there stays.
// Exit code 0: everything is there; 1: some lines were rejected; 2: it could not go on.
import { parseArgs } from "node:util";
import { deploymentAt } from "./deployment.ts";
import { importFile, importUsers } from "./import-file.ts";

const usage =
  "Usage: npm run import -- <messages.jsonl> [--rejects file] [--batch lines] [--from line] [--url https://…]\n" +
  "       npm run import -- --users <users.jsonl> [--rejects file] [--from line] [--url https://…]";

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      users: { type: "boolean", default: false },
      rejects: { type: "string" },
      batch: { type: "string", default: "500" },
      from: { type: "string", default: "1" },
      url: { type: "string" },
    },
  });
  const [path] = positionals;
  const [batchLines, fromLine] = [Number(values.batch), Number(values.from)];
  if (positionals.length !== 1 || path === undefined || !isCount(batchLines, 1_000) || !isCount(fromLine)) {
    throw new Error(usage);
  }
  const run = values.users ? importUsers : importFile;
  const rejected = await run(deploymentAt(values.url), {
    path,
    fromLine,
    batchLines,
    rejectsPath: values.rejects,
  });
  process.exitCode = rejected === 0 ? 0 : 1;
} catch (error) {
  console.error(
    error instanceof TypeError ? `${error.message}\n${usage}` : String(error).replace(/^Error: /, ""),
  );
  process.exitCode = 2;
}

function isCount(value: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
