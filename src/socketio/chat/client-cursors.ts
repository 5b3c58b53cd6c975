import * as z from "zod";

/** As many as fit beside each other with the longest ids; the platform keeps 16,384 bytes. */
const maxPeers = 40;

export const marksSchema = z.array(
  z.tuple([z.string(), z.object({ told: z.number().optional(), delivered: z.number().optional() })]),
);
export type KeptMarks = z.infer<typeof marksSchema>;

/** How far a client is in the conversations that moved lately: up to which message it was told, and which it says it has. */
export class ClientCursors {
  readonly #marks: Map<string, KeptMarks[number][1]>;

  constructor(kept: KeptMarks = []) {
    this.#marks = new Map(kept);
  }

  get kept(): KeptMarks {
    return [...this.#marks];
  }

  get delivered(): (readonly [peer: string, seq: number])[] {
    return this.kept.flatMap(([peer, { delivered }]) =>
      delivered === undefined ? [] : [[peer, delivered] as const],
    );
  }

  /** Whether this message is news. */
  tell(peer: string, seq: number): boolean {
    const isNew = seq > (this.#marks.get(peer)?.told ?? 0);
    if (isNew) {
      this.#move(peer, { told: seq });
    }
    return isNew;
  }

  deliver(peer: string, seq: number): void {
    if (seq > (this.#marks.get(peer)?.delivered ?? 0)) {
      this.#move(peer, { delivered: seq });
    }
  }

  /** A history that was replaced numbers anew. */
  forget(peer: string): void {
    this.#marks.delete(peer);
  }

  #move(peer: string, change: KeptMarks[number][1]): void {
    const moved = { ...this.#marks.get(peer), ...change };
    this.#marks.delete(peer);
    this.#marks.set(peer, moved);
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > maxPeers && oldest !== undefined) {
      this.#marks.delete(oldest);
    }
  }
}
