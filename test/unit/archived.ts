import { Device } from "./device.ts";
import { World } from "./world.ts";

/** A conversation in which Alice is there. */
export async function talking(): Promise<{ world: World; alice: Device }> {
  const world = new World();
  const alice = new Device(world, "a");
  alice.connect();
  await world.settle();
  return { world, alice };
}

/** The messages that D1 has. */
export const archived = (world: World) =>
  world.d1.rows("SELECT seq FROM messages ORDER BY seq").map((row) => row["seq"]);
