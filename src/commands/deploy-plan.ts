/** What `wrangler d1 migrations list` ended with, and what it wrote to its standard error. */
export interface Listed {
  readonly code: number;
  readonly errors: string;
}

/**
 * `migrate-first` for a database that exists, since code of the new version may need the new columns; `deploy-first` for
 * the very first run, whose deployment creates the database; `stop` when it cannot be known which of the two it is.
 */
export type DeployPlan = "migrate-first" | "deploy-first" | "stop";

/** As wrangler's `getDatabaseByNameOrBinding` says it when the API answers 404 for the database. */
const noDatabase = /Couldn't find (?:a|an auto-provisioned) D1 DB named '/;
// oxlint-disable-next-line no-control-regex -- a color code begins with the control character ESC
const colours = /\u001b\[[\d;]*m/g;

export function deployPlan({ code, errors }: Listed): DeployPlan {
  if (code === 0) {
    return "migrate-first";
  }
  // A terminal may have wrapped it.
  const text = errors.replace(colours, "").replace(/\s+/g, " ");
  return noDatabase.test(text) ? "deploy-first" : "stop";
}
