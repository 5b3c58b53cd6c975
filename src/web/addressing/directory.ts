import type { Client, PairlineError } from "../../client/index.ts";
import type { Directory } from "./find-people.ts";

/** Enter waits no longer for the server. */
export const lookUpMs = 5_000;

/** Asks the server whom an id means. It knows those who have a name or a picture, and those whom an alias leads to. */
export async function askDirectory(client: Client, id: string): Promise<Directory> {
  const { state } = client.connection.value;
  if (state === "waiting" || state === "stopped") {
    return { kind: "unchecked" };
  }
  try {
    const user = await Promise.race([client.user(id), timeout()]);
    if (user === undefined) {
      return { kind: "unchecked" };
    }
    const isKnown = user.id !== id || user.name !== undefined || user.picture !== undefined;
    return isKnown ? { kind: "known", id: user.id } : { kind: "unknown", mayWrite: true };
  } catch (error) {
    const { code } = error as PairlineError;
    return code === "unknown_peer" || code === "bad_peer"
      ? { kind: "unknown", mayWrite: false }
      : { kind: "unchecked" };
  }
}

/** Loads what the list lacks: a search covers every conversation, the archived ones too. Resolves when it did, or in time. */
export async function loadAll(client: Client): Promise<void> {
  await Promise.race([whenOpen(client), timeout()]);
  await Promise.all([loadPages(client), client.conversations.loadArchived()]);
}

export function timeout(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), lookUpMs);
  });
}

async function loadPages({ conversations }: Client): Promise<void> {
  while (conversations.hasMore) {
    await conversations.loadMore(500);
  }
}

function whenOpen({ connection }: Client): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.value.state !== "connecting") {
        end();
        resolve();
      }
    };
    const end = connection.subscribe(look);
    look();
  });
}
