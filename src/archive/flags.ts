import type { Side } from "../protocol/pair.ts";
import type { FlagsBody } from "../protocol/rest.ts";

/** What each user set for a conversation. `state` counts the changes, which take no `rev`: the higher one holds. */
export interface Flags {
  readonly state: number;
  readonly muted: Readonly<Record<Side, boolean>>;
  readonly archived: Readonly<Record<Side, boolean>>;
}

export const noFlags: Flags = {
  state: 0,
  muted: { a: false, b: false },
  archived: { a: false, b: false },
};

/** The flags with a side's wishes; the same object where they change nothing. */
export function withWishes(flags: Flags, side: Side, { muted, archived }: FlagsBody): Flags {
  return changed(flags, {
    muted: { ...flags.muted, [side]: muted ?? flags.muted[side] },
    archived: { ...flags.archived, [side]: archived ?? flags.archived[side] },
  });
}

/** The flags once a new message brought the conversation back; the same object where nobody had archived it. */
export function broughtBack(flags: Flags): Flags {
  return changed(flags, { muted: flags.muted, archived: noFlags.archived });
}

function changed(flags: Flags, to: Omit<Flags, "state">): Flags {
  const isChanged = (["a", "b"] as const).some(
    (side) => flags.muted[side] !== to.muted[side] || flags.archived[side] !== to.archived[side],
  );
  return isChanged ? { state: flags.state + 1, ...to } : flags;
}

/** Whether what a user set is another than before. */
export function areSetAnew(flags: Flags, before: Flags, side: Side): boolean {
  return flags.muted[side] !== before.muted[side] || flags.archived[side] !== before.archived[side];
}
