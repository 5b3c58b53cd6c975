import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Device } from "./device.ts";
import { archivedHistory, openArchive } from "./history.ts";
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

const messagesPerDevice = 500;
const window = 16;

test("[AR2][AR4] what a crash kept from D1 gets there when a device only connects", async () => {
  const { alice, bob, writer, reader } = await writerAndReader();
  await writer.connect();
  await writer.sendAll(texts(0), window);
  await archivedHistory(place, alice, bob, messagesPerDevice);
  await worker.kill();
  // As if the server had died before the later flushes: how far the archive is at a kill is chance.
  const database = await openArchive(place);
  database.exec("DELETE FROM messages WHERE seq > 200; UPDATE conversations SET rev = 200, head = 200;");
  database.close();
  worker = await startWorker(place);

  await reader.connect();
  await reader.until("caught up", () => reader.log.length === messagesPerDevice);
  expect(reader.faults).toEqual([]);
  expect(reader.log).toEqual(writer.log);
  expect(await archivedHistory(place, alice, bob, messagesPerDevice)).toEqual(reader.log);
});

test("[AR1][AR2][AR3] messages acknowledged while D1 could not be written reach it after a crash without anyone coming back", async () => {
  const { alice, bob, writer, reader } = await writerAndReader();
  await writer.connect();
  await reader.connect();
  const database = await openArchive(place);
  database.exec("BEGIN IMMEDIATE");
  await writer.sendAll(texts(0).slice(0, 1), window);
  await worker.logged("archive_flush_failed");
  await writer.sendAll(texts(0).slice(1), window);
  await reader.until("received", () => reader.log.length === messagesPerDevice);
  await worker.kill();
  database.exec("ROLLBACK");
  database.close();
  worker = await startWorker(place);

  expect(await archivedHistory(place, alice, bob, messagesPerDevice)).toEqual(writer.log);
  expect(reader.log).toEqual(writer.log);
});

async function writerAndReader() {
  const alice = `alice-${randomUUID()}`;
  const bob = `bob-${randomUUID()}`;
  const [writer, , reader] = await devicesOf(alice, bob);
  return { alice, bob, writer, reader };
}

/** Two devices of the one and two of the other. */
async function devicesOf(one: string, other: string): Promise<[Device, Device, Device, Device]> {
  const [oneToken, otherToken] = [await place.token(one), await place.token(other)];
  return [
    new Device(place.url, other, oneToken),
    new Device(place.url, other, oneToken),
    new Device(place.url, one, otherToken),
    new Device(place.url, one, otherToken),
  ];
}

function texts(sender: number): string[] {
  return Array.from({ length: messagesPerDevice }, (_, index) => `from device ${sender}: ${index}`);
}
