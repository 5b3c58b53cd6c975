import type { Side } from "../protocol/pair.ts";

/** What each user set for a conversation. `state` counts the changes, which take no `rev`: the higher one holds. */
export interface Flags {
  readonly state: number;
  readonly muted: Readonly<Record<Side, boolean>>;
  readonly archived: Readonly<Record<Side, boolean>>;
  /** For each side that blocks the other its read cursor of then, which the other keeps seeing. */
  readonly blocked: Readonly<Record<Side, number | null>>;
}

/** What a side wants set; what it does not name stays. */
export interface Wishes {
  readonly muted?: boolean | undefined;
  readonly archived?: boolean | undefined;
  readonly blocked?: boolean | undefined;
}

export const noFlags: Flags = {
  state: 0,
  muted: { a: false, b: false },
  archived: { a: false, b: false },
  blocked: { a: null, b: null },
};

/** The flags with a side's wishes, `readSeq` being its read cursor; the same object where they change nothing. */
export function withWishes(
  flags: Flags,
  side: Side,
  { muted, archived, blocked = flags.blocked[side] !== null }: Wishes,
  readSeq: number,
): Flags {
  return changed(flags, {
    blocked: { ...flags.blocked, [side]: blocked ? (flags.blocked[side] ?? readSeq) : null },
    muted: { ...flags.muted, [side]: muted ?? flags.muted[side] },
    archived: { ...flags.archived, [side]: archived ?? flags.archived[side] },
  });
}

/**
 * The flags of a record that had `base` when it started, `own` since, and finds `archived` in the archive. Those are newer
 * where the record was restored: what was set since it started is set on top of them.
 */
export function reconciled(base: Flags, own: Flags, archived: Flags): Flags {
  if (archived.state <= base.state) {
    return own;
  }
  const pick = <Value>(flag: (flags: Flags) => Value) =>
    flag(own) === flag(base) ? flag(archived) : flag(own);
  const both = <Value>(flag: (flags: Flags) => Readonly<Record<Side, Value>>) => ({
    a: pick((flags) => flag(flags).a),
    b: pick((flags) => flag(flags).b),
  });
  const onTop = {
    state: Math.max(archived.state, own.state) + 1,
    muted: both(({ muted }) => muted),
    archived: both((flags) => flags.archived),
    blocked: both(({ blocked }) => blocked),
  };
  return (["a", "b"] as const).some((side) => areSetAnew(onTop, archived, side)) ? onTop : archived;
}

/** The flags once a new message brought the conversation back; the same object where nobody had archived it. */
export function broughtBack(flags: Flags): Flags {
  return changed(flags, { ...flags, archived: noFlags.archived });
}

function changed(flags: Flags, to: Omit<Flags, "state">): Flags {
  const next = { ...to, state: flags.state + 1 };
  return (["a", "b"] as const).some((side) => areSetAnew(next, flags, side)) ? next : flags;
}

/** Whether what a user set is another than before. */
export function areSetAnew(flags: Flags, before: Flags, side: Side): boolean {
  return (["muted", "archived", "blocked"] as const).some((flag) => flags[flag][side] !== before[flag][side]);
}

/** How far a side has read, as the other sees it: no further while the side blocks them. */
export function readAsSeen(read: number, flags: Flags, side: Side): number {
  return Math.min(read, flags.blocked[side] ?? read);
}
