import { defineConfig, type OxlintOverride } from "oxlint";
import packageJson from "./package.json" with { type: "json" };

/** What each room of src/ may import, type imports included: rooms, files of src/, packages. CONTRIBUTING.md describes the rooms. */
export const rooms = {
  lib: "",
  protocol: "zod",
  model: "lib protocol",
  rpc: "protocol model",
  observability: "protocol",
  auth: "protocol observability zod hono",
  archive: "lib protocol model drizzle-orm",
  users: "lib protocol observability auth archive settings.ts",
  history: "protocol model rpc archive",
  websocket: "lib protocol rpc observability auth zod",
  conversation:
    "lib protocol model rpc observability auth archive users websocket settings.ts env.ts zod cloudflare:*",
  inbox: "lib protocol rpc observability auth archive users websocket settings.ts env.ts zod cloudflare:*",
  socketio:
    "lib protocol rpc observability auth archive users history websocket settings.ts env.ts zod cloudflare:* engine.io-parser socket.io-parser",
  http: "lib protocol model rpc observability auth archive users history socketio settings.ts env.ts zod hono",
  client: "protocol",
  web: "client preact",
  contract: "protocol zod hono",
  commands: "protocol auth contract settings.ts zod hono esbuild node:*",
  dev: "protocol socketio commands env.ts index.ts zod",
};
const files = ["env.ts", "settings.ts", "index.ts"];
const packages = [...Object.keys(packageJson.devDependencies), "esbuild", "node:*", "cloudflare:*"];

const publicClient = "Other rooms use the SDK as apps do: through client/index.ts.";

/** For each room, a rule that fails on an import that the table does not allow. */
const roomRules = Object.entries(rooms).map(([room, table]): OxlintOverride => {
  const allowed = table.split(" ");
  const isDenied = (name: string) => name !== room && !allowed.includes(name);
  const deniedRooms = Object.keys(rooms).filter(isDenied).join("|");
  const deniedFiles = files.filter(isDenied).join("|").replaceAll(".", "\\.");
  const message = `${room} may import ${table || "nothing"}: see oxlint.config.ts.`;
  return {
    files: [`src/${room}/**`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { regex: `^(\\.\\./)+((${deniedRooms})/|(${deniedFiles})$)`, message },
            { group: packages.filter(isDenied), message },
            { group: room === "client" ? [] : ["**/client/*", "!**/client/index.ts"], message: publicClient },
          ],
        },
      ],
    },
  };
});

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "vitest"],
  categories: { correctness: "error", suspicious: "error" },
  ignorePatterns: ["dist", ".wrangler", "migrations"],
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "typescript/consistent-type-imports": "error",
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-default-export": "error",
    // Rows of SQL and JSON that this project wrote are asserted. Everything from outside is parsed by zod.
    "typescript/no-unsafe-type-assertion": "off",
    "no-console": "error",
    eqeqeq: "error",
    curly: "error",
    "unicorn/filename-case": ["error", { case: "kebabCase" }],
    "max-lines": ["error", { max: 500, skipBlankLines: false, skipComments: false }],
    complexity: ["error", 10],
  },
  overrides: [
    ...roomRules,
    {
      files: [
        "src/index.ts",
        "src/dev/index.ts",
        "test/chaos/worker/index.ts",
        "test/support/hang-reporter.ts",
        "*.config.ts",
      ],
      rules: { "import/no-default-export": "off" },
    },
    {
      files: [
        "src/commands/**",
        "src/observability/logger.ts",
        "test/{bench,load}/**",
        "test/proof/server.ts",
        "test/{crash,chaos,fuzz}/{crash,chaos,fuzz}.ts",
      ],
      rules: { "no-console": "off" },
    },
    {
      // React Native may lack `toSorted` and `addEventListener` of websocket.
      files: ["src/client/**"],
      rules: { "unicorn/no-array-sort": "off", "unicorn/prefer-add-event-listener": "off" },
    },
    {
      files: ["test/browser/**"],
      rules: { "vitest/expect-expect": ["error", { assertFunctionNames: ["expect", "**.shows"] }] },
    },
    {
      files: ["test/journeys/**"],
      rules: {
        // What a person waits to see, or no longer to see.
        "vitest/expect-expect": [
          "error",
          {
            assertFunctionNames: [
              "expect",
              "**.sees*",
              "**.shows*",
              "**.hasMark",
              "**.hasTyped",
              "**.stillHas",
            ],
          },
        ],
      },
    },
    {
      // A function that runs in the page cannot use others of its file.
      files: ["test/journeys/page/find.ts"],
      rules: { "unicorn/consistent-function-scoping": "off" },
    },
  ],
});
