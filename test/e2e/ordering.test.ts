import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device } from "./device.ts";
import { archivedHistory, loadHistory } from "./history.ts";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "./local-worker.ts";

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace(liftedLimits);
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

test("[SE3][SE4][HI3][AR2] with 64 in flight both ways every device and D1 hold the same 4,000 messages in one order", async () => {
  const alice = `alice-${randomUUID()}`;
  const bob = `bob-${randomUUID()}`;
  const tokens = { alice: await place.token(alice), bob: await place.token(bob) };
  const devices = [
    new Device(place.url, bob, tokens.alice),
    new Device(place.url, bob, tokens.alice),
    new Device(place.url, alice, tokens.bob),
    new Device(place.url, alice, tokens.bob),
  ];
  await Promise.all(devices.map((device) => device.connect()));

  const texts = devices.map((_, sender) => numbered(`from device ${sender}`, 1_000));
  await Promise.all(devices.map((device, index) => device.sendAll(texts[index] ?? [], 32)));
  await Promise.all(devices.map((device) => device.until("complete", () => device.log.length === 4_000)));

  const log = devices[0]?.log ?? [];
  expect(log.map((message) => message.seq)).toEqual(Array.from({ length: 4_000 }, (_, index) => index + 1));
  for (const device of devices) {
    expect(device.faults).toEqual([]);
    expect(device.refusals).toEqual([]);
    expect(device.acks.size).toBe(1_000);
    expect(device.log).toEqual(log);
  }
  for (const own of texts) {
    const stored = log.map((message) => message.text).filter((text) => own.includes(text));
    expect(stored).toEqual(own);
  }
  expect(await archivedHistory(place, alice, bob, log.length)).toEqual(log);
  expect(await loadHistory(place, bob, alice, log.length)).toEqual(log);
});

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}: ${index}`);
}
