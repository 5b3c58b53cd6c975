import type { Side } from "../protocol/pair.ts";

/** What each user set for a conversation. `state` counts the changes, which take no `rev`: flags with a higher one win. */
export interface Flags {
  readonly state: number;
  readonly muted: Readonly<Record<Side, boolean>>;
  readonly archived: Readonly<Record<Side, boolean>>;
  /** For each side that blocks the other: its read cursor when it blocked, which the other keeps seeing. */
  readonly blocked: Readonly<Record<Side, number | null>>;
}

/** New values of one side. A missing flag stays as it is. */
export interface FlagUpdate {
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

/** The flags after an update by a side whose read cursor is `readSeq`. Returns the same object if nothing changes. */
export function updatedFlags(
  flags: Flags,
  side: Side,
  { muted, archived, blocked = flags.blocked[side] !== null }: FlagUpdate,
  readSeq: number,
): Flags {
  return changed(flags, {
    blocked: { ...flags.blocked, [side]: blocked ? (flags.blocked[side] ?? readSeq) : null },
    muted: { ...flags.muted, [side]: muted ?? flags.muted[side] },
    archived: { ...flags.archived, [side]: archived ?? flags.archived[side] },
  });
}

/**
 * The flags of an object that started with `base`, has `own` now, and finds `archived` in D1. Those are newer if the
 * object was restored from a backup: changes since its start are then applied on top of them.
 */
export function reconciledFlags(base: Flags, own: Flags, archived: Flags): Flags {
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
  return (["a", "b"] as const).some((side) => flagsChanged(onTop, archived, side)) ? onTop : archived;
}

/** The flags after a new message, which unarchives the conversation. Returns the same object if nobody archived it. */
export function unarchived(flags: Flags): Flags {
  return changed(flags, { ...flags, archived: noFlags.archived });
}

function changed(flags: Flags, to: Omit<Flags, "state">): Flags {
  const next = { ...to, state: flags.state + 1 };
  return (["a", "b"] as const).some((side) => flagsChanged(next, flags, side)) ? next : flags;
}

/** Whether the flags of a side differ. */
export function flagsChanged(flags: Flags, before: Flags, side: Side): boolean {
  return (["muted", "archived", "blocked"] as const).some((flag) => flags[flag][side] !== before[flag][side]);
}

/** The read cursor of a side that the other may see: it stops while the side blocks the other. */
export function visibleReadCursor(read: number, flags: Flags, side: Side): number {
  return Math.min(read, flags.blocked[side] ?? read);
}
