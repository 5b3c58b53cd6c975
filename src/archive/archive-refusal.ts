import { refusal, type Refusal } from "../protocol/errors.ts";
import type { ArchiveError } from "./database.ts";

/** What somebody is told whose question only the archive could answer. */
export function archiveRefusal({ fault }: ArchiveError): Refusal {
  return fault === "not_migrated"
    ? refusal("not_migrated", {
        message: "apply the migrations: npx wrangler d1 migrations apply DB --remote",
      })
    : refusal("archive_unavailable");
}
