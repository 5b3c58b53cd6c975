import { runInDurableObject } from "cloudflare:test";
import { inboxOf } from "./inbox-client.ts";

/** What an object keeps: the keys of its rows, and when its alarm is due. */
export function storedIn(stub: DurableObjectStub): Promise<{ rows: string[]; alarm: number | null }> {
  return runInDurableObject(stub, async (_, { storage }) => ({
    rows: [...(await storage.list()).keys()],
    alarm: await storage.getAlarm(),
  }));
}

/** The rows of Socket.IO sessions in a user's inbox. */
export async function sessionsOf(user: string): Promise<string[]> {
  return (await storedIn(inboxOf(user))).rows.filter((key) => key.startsWith("session:"));
}
