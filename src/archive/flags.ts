import type { Side } from "../protocol/pair.ts";

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
