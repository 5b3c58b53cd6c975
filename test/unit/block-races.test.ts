import { expect, test } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { BlockRace, type Way } from "./block-race.ts";

const races = 10_000;
const racesOfAWorld = 100;
const ways: readonly Way[] = ["socket", "rest", "inbox"];

type Pick = <Value>(values: readonly Value[]) => Value;

/** One block against what Bob writes meanwhile, several things in a turn, turns and waits between. */
async function run(race: BlockRace, random: () => number, nth: number): Promise<void> {
  const pick: Pick = (values) => values[Math.floor(random() * values.length)] as (typeof values)[number];
  const steps = 3 + Math.floor(random() * 4);
  const blockAt = Math.floor(random() * steps);
  for (let step = 0; step < steps; step += 1) {
    if (step === blockAt) {
      race.setBlock(true, pick(["in place", "by REST"]));
    } else {
      act(race, `m${nth}.${step}`, random(), pick);
    }
    await pause(race, random());
  }
  race.world.turn();
  await new Promise((resolve) => setImmediate(resolve));
  race.setBlock(false, "in place");
  race.world.turn();
}

function act(race: BlockRace, id: string, luck: number, pick: Pick): void {
  if (luck < 0.5) {
    race.send(id, pick(ways));
  } else if (luck < 0.6) {
    race.send(pick([id, ...race.sent.keys()].slice(-20)), pick(ways));
  } else if (luck < 0.7) {
    change(race, id, pick);
  } else if (luck < 0.85) {
    race.setBlock(pick([true, false]), pick(["in place", "by REST"]));
  } else if (luck < 0.9) {
    race.aliceSends(id);
  }
}

async function pause(race: BlockRace, luck: number): Promise<void> {
  if (luck < 0.2) {
    race.world.turn();
  } else if (luck < 0.35) {
    await new Promise((resolve) => setImmediate(resolve));
  } else if (luck < 0.355 && race.rev > 0) {
    // Not while it is empty: a world without a platform cannot stop what waits to begin a conversation.
    race.restart();
  }
}

function change(race: BlockRace, id: string, pick: Pick): void {
  const { head } = race.world.room.sequencer.position;
  const recent = race.world.room.store.range(Math.max(1, head - 10), head);
  if (recent.length === 0) {
    return;
  }
  const { seq } = pick(recent);
  const type = pick(["edit", "delete", "react", "react"] as const);
  const way = pick(ways);
  if (type === "edit") {
    race.write({ type, id, seq, text: `edit ${id}` }, way);
  } else if (type === "delete") {
    race.write({ type, id, seq }, way);
  } else {
    race.write({ type, id, seq, emoji: pick(["👍", "🎉"]), on: pick([true, true, false]) }, way);
  }
}

test(
  "[BL1][BL2] in 10,000 races of block against send nothing of the blocked user is numbered after the block",
  { timeout: 600_000 },
  async () => {
    const random = seededRandom(20_261_123);
    const total = { blocks: 0, refused: 0, stored: 0, refusedFirst: 0 };
    for (let nth = 0; nth < races;) {
      const race = new BlockRace();
      race.connect();
      for (let count = 0; count < racesOfAWorld; count += 1, nth += 1) {
        await run(race, random, nth);
      }
      await race.world.settle();
      expect(race.faults).toEqual([]);
      const stored = new Set(race.world.record.map(({ id }) => id));
      total.blocks += race.blocks;
      total.refused += race.refusals.filter((code) => code === "blocked").length;
      total.stored += [...race.sent.keys()].filter((id) => stored.has(id)).length;
      total.refusedFirst += await retryAll(race, stored);
    }
    expect(total.blocks).toBeGreaterThan(races);
    expect(Math.min(total.refused, total.stored, total.refusedFirst)).toBeGreaterThan(races / 2);
  },
);

/** Blocks for good and sends everything once more: what is stored is acknowledged, all else refused. Answers how many those are. */
async function retryAll(race: BlockRace, stored: ReadonlySet<string>): Promise<number> {
  race.setBlock(true, "by REST");
  await race.world.settle();
  const { head } = race.world.room.sequencer.position;
  race.acknowledged.clear();
  race.refusals.length = 0;
  let way = 0;
  for (const id of race.sent.keys()) {
    race.send(id, ways[way % ways.length] as Way);
    way += 1;
  }
  await race.world.settle();
  const expected = [...race.sent.keys()].filter((id) => stored.has(id));
  expect([...race.acknowledged].toSorted()).toEqual(expected.toSorted());
  expect(new Set(race.refusals)).toEqual(new Set(["blocked"]));
  expect(race.refusals).toHaveLength(race.sent.size - expected.length);
  expect(race.world.room.sequencer.position.head).toBe(head);
  return race.refusals.length;
}
