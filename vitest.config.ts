import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

const sdkFaults = "test/e2e/sdk-faults.test.ts";
const quickJourneys = "test/journeys/in-npm-test.test.ts";

export default defineConfig({
  test: {
    // What passing tests log (failures that they provoke) would bury the summary.
    silent: "passed-only",
    // One file more than cores runs at a time: many wait, for a server to start or for a call that hangs to be given up.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          environment: "node",
          // The Worker's objects run in plain Node too: test/unit/virtual-worker/.
          alias: {
            "cloudflare:workers": `${import.meta.dirname}/test/unit/virtual-worker/cloudflare-workers.ts`,
          },
          // They wait for nothing: all that takes time is the machine.
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
                JWT_SECRET: "a-secret-for-tests-only-of-32-characters",
                // A developer's own `.dev.vars` has one.
                ADMIN_KEY: "",
                RATE_LIMIT_PER_SECOND: "1000",
                RATE_LIMIT_BURST: "1000",
              },
            },
          })),
        ],
        test: {
          name: "worker",
          // A runtime for each file takes two seconds of a core to start. Each test has users of its own.
          isolate: false,
          include: ["test/worker/**/*.test.ts"],
          setupFiles: ["./test/worker/setup.ts"],
          // As long as a test may take at most: a busy machine needs more than the second that is the default.
          expect: { poll: { timeout: 5_000 } },
        },
      },
      {
        test: {
          name: "e2e",
          include: [
            "test/e2e/**/*.test.ts",
            "test/crash/**/*.test.ts",
            "test/chaos/**/*.test.ts",
            "test/fuzz/**/*.test.ts",
            "test/load/**/*.test.ts",
            quickJourneys,
          ],
          exclude: [sdkFaults],
          environment: "node",
          globalSetup: ["test/e2e/migrated-state.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        // It takes both cores, and what else runs would wait longer than it believes in: it comes after all others.
        test: {
          name: "faults",
          include: [sdkFaults],
          environment: "node",
          hookTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Needs Chromium, so it is not part of `npm test`: `npm run test:browser`.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          environment: "node",
          globalSetup: ["test/e2e/migrated-state.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Needs Chromium, Firefox and python3-socketio, so it is not part of `npm test`: `npm run test:journeys`.
        test: {
          name: "journeys",
          include: ["test/journeys/**/*.test.ts"],
          exclude: [quickJourneys],
          environment: "node",
          globalSetup: ["test/journeys/support/past-state.ts"],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
