import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as z from "zod";
import { userIdFromClaim } from "../protocol/identity.ts";
import { importAnswerSchema, maxImportBytes } from "../protocol/import.ts";
import { adminUserBodySchema } from "../protocol/rest.ts";
import { ask, jsonOf, Refused } from "./admin-request.ts";
import type { Deployment } from "./deployment.ts";

export interface ImportOptions {
  readonly path: string;
  /** The first line to import, from 1. */
  readonly fromLine: number;
  readonly batchLines: number;
  readonly rejectsPath: string | undefined;
}

interface Line {
  readonly number: number;
  readonly text: string;
  readonly value: unknown;
}

/** A line that was not imported, and why. */
interface Rejected {
  readonly line: number;
  readonly code: string;
  readonly message: string;
  /** The line as it stands in the file. */
  readonly given: string;
}

/** Room for what is around the lines of a request. */
const maxBatchBytes = maxImportBytes - 1_024;

const userLineSchema = adminUserBodySchema.extend({ id: z.unknown() });

/** Imports messages, a batch at a time. Answers how many lines were rejected. Throws an error that an operator can read. */
export async function importFile(deployment: Deployment, options: ImportOptions): Promise<number> {
  const counts = { imported: 0, alreadyThere: 0 };
  const rejects = new Rejects(options);
  await forEachBatch(options, rejects, async (lines) => {
    const body = { messages: lines.map(({ value }) => value) };
    const answer = importAnswerSchema.parse(
      await ask(deployment, { method: "POST", path: "/v1/admin/import", body }),
    );
    counts.imported += answer.imported;
    counts.alreadyThere += answer.alreadyThere;
    for (const { index, code, message } of answer.rejected) {
      rejects.add(lines[index], code, message);
    }
  });
  await rejects.close();
  console.log(
    `${counted(counts.imported)} imported, ${counted(counts.alreadyThere)} already there, ${counted(rejects.count)} rejected`,
  );
  return rejects.count;
}

/** Sets users, one at a time. Answers how many lines were rejected. */
export async function importUsers(deployment: Deployment, options: ImportOptions): Promise<number> {
  let set = 0;
  const rejects = new Rejects(options);
  await forEachBatch({ ...options, batchLines: 1 }, rejects, async ([line]) => {
    const parsed = userLineSchema.safeParse(line?.value);
    const id = parsed.success ? userIdFromClaim(parsed.data.id) : undefined;
    if (!parsed.success || id === undefined) {
      rejects.add(line, "bad_request", "a user has an id, and may have name, picture and aliases");
      return;
    }
    const { name, picture, aliases } = parsed.data;
    const path = `/v1/admin/users/${encodeURIComponent(id)}`;
    try {
      await ask(deployment, { method: "PUT", path, body: { name, picture, aliases } });
      set += 1;
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      rejects.add(line, error.code, error.message);
    }
  });
  await rejects.close();
  console.log(`${counted(set)} users set, ${counted(rejects.count)} rejected`);
  return rejects.count;
}

/** Counts what was not imported, and keeps it in a file where one is named. */
class Rejects {
  readonly #file: WriteStream | undefined;
  #shown = 0;
  count = 0;

  /** A run that goes on behind another's lines adds to its rejects. */
  constructor({ rejectsPath, fromLine }: ImportOptions) {
    const flags = fromLine > 1 ? "a" : "w";
    this.#file = rejectsPath === undefined ? undefined : createWriteStream(rejectsPath, { flags });
  }

  add(line: Omit<Line, "value"> | undefined, code: string, message: string): void {
    const rejected: Rejected = { line: line?.number ?? 0, code, message, given: line?.text ?? "" };
    this.count += 1;
    this.#file?.write(`${JSON.stringify(rejected)}\n`);
    // The file has all of them; a terminal only so many.
    if (this.#shown < 20) {
      this.#shown += 1;
      console.error(`line ${rejected.line}: ${code}: ${message}`);
    }
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) {
      this.#file.end();
      await once(this.#file, "finish");
    }
  }
}

/** Reads the file as a stream: only one batch of it is held. */
async function forEachBatch(
  { path, fromLine, batchLines }: ImportOptions,
  rejects: Rejects,
  send: (lines: readonly Line[]) => Promise<void>,
): Promise<void> {
  const input = createReadStream(path, "utf8");
  // A file that cannot be opened says so here, and not when nobody listens.
  await once(input, "open");
  let batch: Line[] = [];
  let bytes = 0;
  let number = 0;
  const flush = async () => {
    const [first] = batch;
    if (first !== undefined) {
      await sendOrTell(batch, first.number, send);
      batch = [];
      bytes = 0;
    }
  };
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (number % 100_000 === 0) {
      console.error(`line ${counted(number)}`);
    }
    if (number < fromLine || text.trim() === "") {
      continue;
    }
    const line = { number, text, value: jsonOf(text) };
    const size = Buffer.byteLength(text) + 1;
    if (line.value === undefined || size > maxBatchBytes) {
      rejects.add(
        line,
        "bad_request",
        line.value === undefined ? "the line is not JSON" : "the line is too long",
      );
      continue;
    }
    if (batch.length >= batchLines || bytes + size > maxBatchBytes) {
      await flush();
    }
    batch.push(line);
    bytes += size;
  }
  await flush();
}

async function sendOrTell(
  batch: readonly Line[],
  first: number,
  send: (lines: readonly Line[]) => Promise<void>,
): Promise<void> {
  try {
    await send(batch);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `stopped at line ${first}: ${reason}\nGo on with --from ${first}, or with the whole file again.`,
      { cause: error },
    );
  }
}

function counted(count: number): string {
  return count.toLocaleString("en");
}
