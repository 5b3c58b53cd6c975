import { ArchiveError } from "../archive/database.ts";
import { refusal } from "../protocol/errors.ts";
import { RequestRefused } from "./problem.ts";

/** What a caller hears where only the archive could have answered. Any other error is passed on as it is. */
export function archiveRefusal(error: unknown): unknown {
  if (!(error instanceof ArchiveError)) {
    return error;
  }
  return new RequestRefused(
    error.fault === "not_migrated"
      ? refusal("not_migrated", {
          message: "apply the migrations: npx wrangler d1 migrations apply DB --remote",
        })
      : refusal("archive_unavailable"),
  );
}
