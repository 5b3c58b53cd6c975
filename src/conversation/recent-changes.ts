import type { ChangeFrame } from "../protocol/client-frame.ts";
import { qualified } from "../protocol/emoji.ts";
import type { Side } from "../protocol/pair.ts";

/** Changes whose `id` is known; a client that repeats one does so soon. */
const maxRecent = 1_000;

interface RecentChange {
  /** What it said, but for a text, which is too long to keep. */
  readonly content: string;
  /** The revision that it took, or found. */
  readonly rev: number;
}

/**
 * The newest edits, deletions and reactions by their `id`, in memory only: a repeat is answered and not done again,
 * whatever came after it. Without them an edit is still known by the `id` in its row, a deletion by what it left.
 */
export class RecentChanges {
  readonly #byName = new Map<string, RecentChange>();

  /** The revision of an earlier try; "conflict" where that said something else. */
  find(side: Side, change: ChangeFrame): number | "conflict" | undefined {
    const known = this.#byName.get(side + change.id);
    if (known === undefined) {
      return undefined;
    }
    return known.content === contentOf(change) ? known.rev : "conflict";
  }

  add(side: Side, change: ChangeFrame, rev: number): void {
    this.#byName.set(side + change.id, { content: contentOf(change), rev });
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > maxRecent && oldest !== undefined) {
      this.#byName.delete(oldest);
    }
  }
}

function contentOf(change: ChangeFrame): string {
  const { type, seq } = change;
  return JSON.stringify(type === "react" ? [type, seq, qualified(change.emoji), change.on] : [type, seq]);
}
