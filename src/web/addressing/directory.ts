import type { Client, PairlineError } from "../../client/index.ts";
import type { Directory } from "./find-people.ts";

/** Enter waits no longer for the server. */
export const lookUpMs = 5_000;

/** Asks the server whom an id means. It knows those who have a name or a picture, and those whom an alias leads to. */
export async function askDirectory(client: Client, id: string): Promise<Directory> {
  if (isAway(client)) {
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

/** Loads what the list lacks: a search covers every conversation, the archived ones too. Rejects if that failed. */
export async function loadAll(client: Client): Promise<void> {
  await Promise.race([whenOpen(client), timeout()]);
  if (isAway(client)) {
    throw new Error("the server cannot be reached");
  }
  await Promise.all([loadPages(client), client.conversations.loadArchived()]);
}

export function timeout(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), lookUpMs);
  });
}

/** Requests would be tried again for seconds, and fail. */
function isAway({ connection }: Client): boolean {
  const { state } = connection.value;
  return state === "waiting" || state === "stopped";
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
