import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
test("health", async () => {
  const response = await exports.default.fetch("https://pairline.test/health");
  expect(await response.json()).toMatchObject({ status: "ok" });
});
