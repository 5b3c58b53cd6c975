import type { Env } from "../../src/env.ts";
import { interceptD1 } from "./d1-calls.ts";
import { interceptSql } from "./object-storage.ts";
import type { ConversationStub } from "./stored.ts";

/** Rows that something cost: those the objects read and wrote by SQL, and those D1 read and wrote. */
export interface Rows {
  readonly objectRead: number;
  readonly objectWritten: number;
  readonly archiveRead: number;
  readonly archiveWritten: number;
}

export interface RowMeter {
  /** What `run` cost, with everything that the conversation does in its wake up to when `run` resolves. */
  readonly cost: (run: () => Promise<unknown>) => Promise<Rows>;
  readonly restore: () => void;
}

/** Counts rows of all objects of this isolate and of D1, until `restore`. */
export async function meterRows(database: Env["DB"], stub: ConversationStub): Promise<RowMeter> {
  const total = { archiveRead: 0, archiveWritten: 0 };
  // A cursor counts as it is read.
  let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const restoreSql = await interceptSql(stub, (call) => {
    const cursor = call();
    cursors.push(cursor);
    return cursor;
  });
  const restoreD1 = interceptD1(database, async (call) => {
    const answers = await call();
    for (const { meta } of answers) {
      total.archiveRead += meta.rows_read;
      total.archiveWritten += meta.rows_written;
    }
    return answers;
  });
  return {
    cost: async (run) => {
      const before = { ...total };
      cursors = [];
      await run();
      return {
        objectRead: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
        objectWritten: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
        archiveRead: total.archiveRead - before.archiveRead,
        archiveWritten: total.archiveWritten - before.archiveWritten,
      };
    },
    restore: () => {
      restoreSql();
      restoreD1();
    },
  };
}
