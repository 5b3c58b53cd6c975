import type { Users } from "./by-hand.ts";
import { connect, type Client } from "./clients.ts";

/** Two devices of `a`, then two of `b`, all connected. */
export async function connectFour({ a, b }: Users): Promise<[Client, Client, Client, Client]> {
  return [await connect(a, b), await connect(a, b), await connect(b, a), await connect(b, a)];
}
