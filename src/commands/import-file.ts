import { createReadStream, statSync, type ReadStream } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as z from "zod";
import { userIdFromClaim } from "../protocol/identity.ts";
import { importAnswerSchema, maxImportBytes } from "../protocol/import.ts";
import { adminUserBodySchema } from "../protocol/rest.ts";
import { ask, jsonOf, Refused, type AdminRequest } from "./admin-request.ts";
import type { Deployment } from "./deployment.ts";
import { counted, Progress, Rejects, type GivenLine } from "./import-report.ts";

export interface ImportOptions {
  readonly path: string;
  /** The first line to import, from 1. */
  readonly fromLine: number;
  readonly batchLines: number;
  readonly rejectsPath: string | undefined;
}

interface Line extends GivenLine {
  readonly value: unknown;
}

interface Batch {
  readonly lines: readonly Line[];
  /** Asks the deployment, and says where a limiter makes the import wait. */
  readonly ask: (request: AdminRequest) => Promise<unknown>;
}

/** Room for what is around the lines of a request. */
const maxBatchBytes = maxImportBytes - 1_024;

const userLineSchema = adminUserBodySchema.extend({ id: z.unknown() });

/** Imports messages, a batch at a time. Answers how many lines were rejected. Throws an error that an operator can read. */
export async function importFile(deployment: Deployment, options: ImportOptions): Promise<number> {
  const counts = { imported: 0, alreadyThere: 0 };
  const rejects = await forEachBatch(deployment, options, async (batch, rejected) => {
    const body = { messages: batch.lines.map(({ value }) => value) };
    const answer = importAnswerSchema.parse(
      await batch.ask({ method: "POST", path: "/v1/admin/import", body }),
    );
    counts.imported += answer.imported;
    counts.alreadyThere += answer.alreadyThere;
    for (const { index, code, message } of answer.rejected) {
      rejected.add(batch.lines[index] ?? { number: 0, text: "" }, code, message);
    }
  });
  console.log(
    `${counted(counts.imported)} imported, ${counted(counts.alreadyThere)} already there, ${rejects.summary()}`,
  );
  return rejects.count;
}

/** Sets users, one at a time. Answers how many lines were rejected. */
export async function importUsers(deployment: Deployment, options: ImportOptions): Promise<number> {
  let set = 0;
  const rejects = await forEachBatch(deployment, { ...options, batchLines: 1 }, async (batch, rejected) => {
    for (const line of batch.lines) {
      const request = userRequest(line.value);
      if (request === undefined) {
        rejected.add(line, "bad_request", "a user has an id, and may have name, picture and aliases");
        continue;
      }
      try {
        await batch.ask(request);
        set += 1;
      } catch (error) {
        if (!(error instanceof Refused)) {
          throw error;
        }
        rejected.add(line, error.code, error.message);
      }
    }
  });
  console.log(`${counted(set)} users set, ${rejects.summary()}`);
  return rejects.count;
}

function userRequest(value: unknown): AdminRequest | undefined {
  const parsed = userLineSchema.safeParse(value);
  const id = parsed.success ? userIdFromClaim(parsed.data.id) : undefined;
  if (!parsed.success || id === undefined) {
    return undefined;
  }
  const { name, picture, aliases } = parsed.data;
  return {
    method: "PUT",
    path: `/v1/admin/users/${encodeURIComponent(id)}`,
    body: { name, picture, aliases },
  };
}

type Send = (batch: Batch, rejects: Rejects) => Promise<void>;

/** Sends the file in batches. Returns what was rejected; if it must stop, says how much that was until then. */
async function forEachBatch(deployment: Deployment, options: ImportOptions, send: Send): Promise<Rejects> {
  const { path, fromLine, rejectsPath } = options;
  const input = createReadStream(path, "utf8");
  // A file that cannot be opened says so here, and not when nobody listens.
  await once(input, "open");
  const rejects = new Rejects(rejectsPath, fromLine > 1);
  try {
    const lines = await sendBatches(deployment, options, { input, rejects, send });
    if (fromLine > Math.max(1, lines)) {
      throw new Error(`--from is ${fromLine}, and ${path} has ${counted(lines)} lines: nothing was imported`);
    }
  } catch (error) {
    if (rejects.count > 0) {
      console.error(rejects.summary());
    }
    throw error;
  } finally {
    await rejects.close();
  }
  return rejects;
}

/** Reads the file as a stream: only one batch of it is held. Returns how many lines it has. */
async function sendBatches(
  deployment: Deployment,
  { path, fromLine, batchLines }: ImportOptions,
  { input, rejects, send }: { readonly input: ReadStream; readonly rejects: Rejects; readonly send: Send },
): Promise<number> {
  const { size: fileBytes } = statSync(path);
  const progress = new Progress();
  let lines: Line[] = [];
  let bytes = 0;
  let number = 0;
  let readBytes = 0;
  const flush = async () => {
    const [first] = lines;
    if (first === undefined) {
      return;
    }
    const onWait = (waitMs: number, reason: string) => progress.waiting(first.number, waitMs, reason);
    const askAndWait = (request: AdminRequest) => ask(deployment, request, { onWait });
    await orStopped(first.number, send({ lines, ask: askAndWait }, rejects));
    lines = [];
    bytes = 0;
  };
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    const size = Buffer.byteLength(text) + 1;
    readBytes += size;
    progress.reached(number, readBytes / fileBytes);
    if (number < fromLine || text.trim() === "") {
      continue;
    }
    const line = { number, text, value: jsonOf(text) };
    if (line.value === undefined || size > maxBatchBytes) {
      const what = line.value === undefined ? "the line is not JSON" : "the line is too long";
      rejects.add(line, "bad_request", what);
      continue;
    }
    if (lines.length >= batchLines || bytes + size > maxBatchBytes) {
      await flush();
    }
    lines.push(line);
    bytes += size;
  }
  await flush();
  return number;
}

async function orStopped(first: number, sending: Promise<void>): Promise<void> {
  try {
    await sending;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `stopped at line ${first}: ${reason}\nGo on with --from ${first}, or with the whole file again.`,
      { cause: error },
    );
  }
}
