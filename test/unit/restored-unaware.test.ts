import { expect, test } from "vitest";
import { messageValues } from "../../src/model/message.ts";
import { Device } from "./device.ts";
import { World } from "./world.ts";

test("[AR5][DE1] a record that was restored while D1 is away, was changed and died, still finds that it lost a deletion", async () => {
  const world = new World();
  const alice = new Device(world, "a");
  alice.connect();
  for (const id of ["one", "two", "three"]) {
    alice.compose(id, id);
  }
  await world.settle();
  const backup = world.storage.dump();
  alice.want({ type: "delete", id: "gone", seq: 2 });
  await world.settle();
  expect(world.d1.rows("SELECT rev FROM conversations")).toEqual([{ rev: 4 }]);

  world.storage.restore(backup);
  world.d1.isDown = true;
  world.restart();
  alice.connect();
  // They take the very revision that D1 has for the deletion, and leave no message in the form which that one gave it.
  alice.want({ type: "react", id: "r1", seq: 3, emoji: "👍", on: true });
  alice.want({ type: "react", id: "r2", seq: 3, emoji: "🎉", on: true });
  await world.settle();
  expect([...alice.acknowledged.keys()]).toEqual(expect.arrayContaining(["gone", "r1", "r2"]));

  world.restart();
  world.d1.isDown = false;
  world.room.replicator.schedule();
  await world.settle();
  await world.ringAlarm();
  await world.settle();
  expect(world.record.map(({ text, reactions }) => [text, reactions])).toEqual([
    ["one", null],
    ["", null],
    ["three", '{"👍":["a"],"🎉":["a"]}'],
  ]);
  const archived = world.d1.rows(
    `SELECT seq, rev, created_rev, author, id, text, created_at_ms, count_a, edited_at_ms, deleted_at_ms, reply_to,
       reactions, data, edit_id, edit_rev FROM messages ORDER BY seq`,
  );
  expect(archived.map((row) => Object.values(row))).toEqual(world.record.map(messageValues));
  expect(world.room.sequencer.state.verifiedRev).toBeNull();
});
