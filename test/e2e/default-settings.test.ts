import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asyncApiDocument } from "../../src/contract/asyncapi.ts";
import { openApiDocument } from "../../src/contract/openapi.ts";
import { Device } from "./device.ts";
import { loadHistory } from "./history.ts";
import { freshPlace, startWorker, type LocalWorker, type Place } from "./local-worker.ts";

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace();
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

test("[SE9] of a burst the first twenty pass, the rest is rate_limited with retryAfterMs and not stored, and passes later", async () => {
  const { alice, bob, devices } = await connectedPair();
  const [sender, receiver] = devices;
  const sentAt = Date.now();
  const sends = Array.from({ length: 60 }, (_, index) => sender.send(`message ${index}`));
  await sender.until("answered", () => sender.unacknowledged.length === 0);
  const secondsPassed = (Date.now() - sentAt) / 1_000;

  const accepted = sends.filter(({ id }) => sender.acks.has(id));
  expect(sends.slice(0, 20).every(({ id }) => sender.acks.has(id))).toBe(true);
  // On a slow machine the bucket, refilled with five a second, lets more through.
  expect(accepted.length).toBeLessThanOrEqual(20 + Math.ceil(5 * secondsPassed));
  expect(sender.refusals.length).toBe(sends.length - accepted.length);
  for (const refused of sender.refusals) {
    expect(refused).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
  }
  const history = await loadHistory(place, alice, bob, accepted.length);
  expect(history.map((message) => message.id)).toEqual(accepted.map(({ id }) => id));

  const refused = sender.refusals[0];
  const again = sends.find(({ id }) => id === refused?.id);
  await wait((refused?.retryAfterMs ?? 0) + 1);
  sender.sendText(JSON.stringify(again));
  await sender.until("accepted", () => sender.acks.has(again?.id ?? ""));
  await receiver.until("received", () => receiver.log.length === accepted.length + 1);
  expect(receiver.log.at(-1)?.text).toBe(again?.text);
  expect([...sender.faults, ...receiver.faults]).toEqual([]);
});

// An object asleep has forgotten how many bad frames came in a row, so a socket that takes nine before and nine after
// the pause shows that it slept. The platform wants ten seconds without an event, and only eight follow the ping: it woke
// nobody.
test("[CO3][SO4] after more than ten idle seconds the conversation sleeps, and its sockets carry the next message", async () => {
  const { devices } = await connectedPair();
  const [sender, receiver] = devices;
  await sender.sendAll(["before"], 1);
  await nineBadFrames(sender);
  await wait(6_000);
  await sender.ping();
  await wait(8_000);
  await nineBadFrames(sender);

  await sender.sendAll(["after"], 1);
  await receiver.until("received", () => receiver.log.length === 2);
  expect(receiver.log.map((message) => message.text)).toEqual(["before", "after"]);
  expect([sender.isOpen, receiver.isOpen]).toEqual([true, true]);
  expect([...sender.faults, ...receiver.faults]).toEqual([]);
});

test("[CT6][CT7] the contract and its page are served as files, and everything else is the Worker's own", async () => {
  expect(await (await get("/openapi.json")).json()).toEqual(asJson(openApiDocument()));
  expect(await (await get("/asyncapi.json")).json()).toEqual(asJson(asyncApiDocument()));
  expect(await (await get("/docs.css")).text()).toContain("prefers-color-scheme: dark");

  const page = await get("/docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await page.text()).toContain("Pairline API");
  for (const { headers } of [page, await get("/openapi.json"), await get("/docs.css")]) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("script-src 'self'");
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
});

async function connectedPair() {
  const alice = `alice-${randomUUID()}`;
  const bob = `bob-${randomUUID()}`;
  const devices = [
    new Device(place.url, bob, await place.token(alice)),
    new Device(place.url, alice, await place.token(bob)),
  ] as const;
  await Promise.all(devices.map((device) => device.connect()));
  return { alice, bob, devices };
}

async function nineBadFrames(device: Device): Promise<void> {
  const answered = device.refusals.length + 9;
  for (let count = 0; count < 9; count += 1) {
    device.sendText("not JSON");
  }
  await device.until("nine refusals", () => device.refusals.length === answered || !device.isOpen);
}

/** A path of the Worker, as it answers: redirects are not followed. */
function get(path: string): Promise<Response> {
  return fetch(`${place.url}${path}`, { redirect: "manual" });
}

function asJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
