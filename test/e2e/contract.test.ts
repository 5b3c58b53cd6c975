import { expect, test } from "vitest";
import { asyncApiDocument } from "../../src/contract/asyncapi.ts";
import { openApiDocument } from "../../src/contract/openapi.ts";
import { freshCopy, freshPlace, startWorker } from "./local-worker.ts";

test("[CT6][CT7] a fresh clone serves the contract and its page, and everything else is the Worker's own", async () => {
  const place = await freshPlace();
  const worker = await startWorker(place, await freshCopy());
  try {
    const get = (path: string) => fetch(`${place.url}${path}`, { redirect: "manual" });
    expect(await (await get("/openapi.json")).json()).toEqual(asJson(openApiDocument()));
    expect(await (await get("/asyncapi.json")).json()).toEqual(asJson(asyncApiDocument()));
    expect(await (await get("/docs.css")).text()).toContain("prefers-color-scheme: dark");

    const page = await get("/docs");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("Pairline API");
    for (const { headers } of [page, await get("/openapi.json"), await get("/docs.css")]) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'self'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
    }

    const answers = ["/nothing", "/docs/nothing", "/_headers", "/v1/nothing", "/health"].map(async (path) => {
      const { status, headers } = await get(path);
      return [path, status, headers.get("content-type")];
    });
    expect(await Promise.all(answers)).toEqual([
      ["/nothing", 404, "application/problem+json"],
      ["/docs/nothing", 404, "application/problem+json"],
      ["/_headers", 404, "application/problem+json"],
      ["/v1/nothing", 401, "application/problem+json"],
      ["/health", 200, "application/json"],
    ]);
  } finally {
    await worker.kill();
    await place.remove();
  }
});

function asJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
