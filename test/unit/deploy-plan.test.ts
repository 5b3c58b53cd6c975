import { expect, test } from "vitest";
import { deployPlan } from "../../src/commands/deploy-plan.ts";

const esc = "\u001b";

test("a database that exists is migrated before the deployment", () => {
  expect(deployPlan({ code: 0, errors: "" })).toBe("migrate-first");
  expect(deployPlan({ code: 0, errors: "▲ [WARNING] something else" })).toBe("migrate-first");
});

test.each([
  "✘ [ERROR] Couldn't find a D1 DB named 'pairline' (bound as 'DB') in the API. Run 'wrangler d1 create pairline' to create it.",
  `${esc}[31m✘ ${esc}[41;31m[${esc}[41;97mERROR${esc}[41;31m]${esc}[0m ${esc}[1mCouldn't find a D1 DB\n  named 'pairline' (bound as 'DB') in the API.${esc}[0m`,
  "Couldn't find an auto-provisioned D1 DB named 'pairline-db' for binding 'DB'. Run 'wrangler deploy' to provision it",
])("a database that the API does not have is a first run", (errors) => {
  expect(deployPlan({ code: 1, errors })).toBe("deploy-first");
});

test.each([
  "",
  "✘ [ERROR] A request to the Cloudflare API (/accounts/a/d1/database/pairline) failed. Authentication error [code: 10000]",
  "✘ [ERROR] In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN",
  "✘ [ERROR] Couldn't find a D1 DB with the name or binding 'DB' in your wrangler.toml file.",
  "✘ [ERROR] fetch failed",
  "✘ [ERROR] Unknown argument: enviroment",
  '✘ [ERROR] No environment found in configuration with name "prod".',
])("any other failure stops before anything is deployed: %s", (errors) => {
  expect(deployPlan({ code: 1, errors })).toBe("stop");
});
