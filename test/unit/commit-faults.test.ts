import { expect, test } from "vitest";
import { Device } from "./device.ts";
import { World } from "./world.ts";

/** Two devices in one turn of sends, with something that fails at its nth step; then everybody comes back. */
async function faultyTurn(arm: (world: World, devices: readonly Device[]) => void) {
  const world = new World();
  const alice = new Device(world, "a");
  const bob = new Device(world, "b");
  const devices = [alice, bob];
  devices.forEach((device) => device.connect());
  alice.compose("before", "already there");
  await world.settle();
  arm(world, devices);
  for (let count = 0; count < 3; count += 1) {
    alice.compose(`a${count}`, "from alice");
    bob.compose(`b${count}`, "from bob");
  }
  world.turn();
  world.storage.stepsLeft = undefined;
  const believed = devices.flatMap((device) => [...device.log.values()].map(({ seq, id }) => ({ seq, id })));
  const acknowledged = devices.flatMap((device) => [...device.acknowledged.keys()]);
  const durable = world.record.map(({ seq, id }) => ({ seq, id }));
  for (let rounds = 0; rounds < 3; rounds += 1) {
    devices.forEach((device) => {
      device.drop(true);
      device.connect();
    });
    await world.settle();
  }
  return { world, devices, believed, acknowledged, durable };
}

function expectWhole({
  world,
  devices,
  believed,
  acknowledged,
  durable,
}: Awaited<ReturnType<typeof faultyTurn>>): void {
  expect(durable, "nobody saw a message that was not stored").toEqual(expect.arrayContaining(believed));
  expect(
    durable.map(({ id }) => id),
    "acknowledged means durable",
  ).toEqual(expect.arrayContaining(acknowledged));
  const record = world.record.map(({ seq, id }) => [seq, id]);
  expect(record.map(([seq]) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const device of devices) {
    expect([...device.log.values()].map(({ seq, id }) => [seq, id])).toEqual(record);
    expect(device.unsent).toBe(0);
  }
}

test.each([
  ["at any step of a commit", false],
  ["from any step of a commit on", true],
])(
  "[SE2][SE4] storage that fails %s loses nothing acknowledged and shows nothing unstored",
  async (_, failsForGood) => {
    let faults = 0;
    for (let steps = 0; steps < 40; steps += 1) {
      const outcome = await faultyTurn((world) => {
        world.storage.stepsLeft = steps;
        world.storage.failsForGood = failsForGood;
      });
      faults += outcome.world.storage.faults;
      expect(outcome.world.aborts).toBe(failsForGood && outcome.world.storage.faults > 0 ? 1 : 0);
      expectWhole(outcome);
    }
    // A turn of six plain sends takes eight steps.
    expect(faults).toBeGreaterThanOrEqual(8);
  },
);

test("[SE2][SE4] a send that always fails is refused by itself: the others of the turn are stored", async () => {
  const { world, devices, durable } = await faultyTurn((faulty) => {
    faulty.storage.poison = "a1";
  });
  expect(world.aborts).toBe(0);
  expect(new Set(devices[0]?.refused)).toEqual(new Set(["internal"]));
  expect(devices[1]?.refused).toEqual([]);
  expect(durable.map(({ id }) => id)).toEqual(["before", "a0", "b0", "b1", "a2", "b2"]);
  expect(durable.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("[SE2] a send that fails once is stored when its turn is done again, and a read mark beside it is kept", async () => {
  const { world, devices, durable } = await faultyTurn((faulty) => {
    faulty.room.read("b", 1, () => {});
    // Start of the turn's transaction, then the first insert.
    faulty.storage.stepsLeft = 1;
  });
  expect(world.aborts).toBe(0);
  expect(devices.flatMap((device) => device.refused)).toEqual([]);
  expect(durable).toHaveLength(7);
  world.restart();
  expect(world.room.sequencer.state.read).toEqual({ a: 0, b: 1 });
});

test("[SE2][SE4] telling that fails at any frame ends the object; what is durable is replayed", async () => {
  // The turn stores six messages; each is told by one broadcast.
  for (let frames = 0; frames < 6; frames += 1) {
    let left = frames;
    const outcome = await faultyTurn((world) => {
      const { devices } = world.room;
      const broadcast = devices.broadcast.bind(devices);
      devices.broadcast = (...args) => {
        if (left === 0) {
          throw new Error("telling failed");
        }
        left -= 1;
        broadcast(...args);
      };
    });
    expect(outcome.world.aborts).toBe(1);
    expectWhole(outcome);
  }
});
