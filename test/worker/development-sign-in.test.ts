import { expect, test } from "vitest";
import { origin, problemOf, worker } from "./clients.ts";

test("[WEB13] a deployment signs nobody in", async () => {
  const response = await worker.fetch(`${origin}/dev/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: "alice" }),
  });
  expect(response.status).toBe(404);
  expect((await problemOf(response)).code).toBe("not_found");
});
