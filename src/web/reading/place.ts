/** Where a row stands: how far its top is below the top of what the reader sees. */
export interface Placed {
  readonly top: number;
  readonly bottom: number;
}

/** How far from the end still counts as the end. */
const endTolerance = 40;

export interface ScrollState {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

export function isAtEnd({ scrollTop, scrollHeight, clientHeight }: ScrollState): boolean {
  return scrollHeight - scrollTop - clientHeight <= endTolerance;
}

/** Whether the reader will soon need older messages. */
export function isNearStart({ scrollTop, clientHeight }: ScrollState): boolean {
  return scrollTop < 2 * clientHeight;
}

/** Whether the reader will soon need newer messages. */
export function isNearEnd({ scrollTop, scrollHeight, clientHeight }: ScrollState): boolean {
  return scrollHeight - scrollTop - clientHeight < 2 * clientHeight;
}

/** The first of the rows, from top to bottom, that the reader sees: that one must not move. */
export function firstVisible<Row>(rows: readonly Row[], placeOf: (row: Row) => Placed): Row | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && placeOf(row).bottom > 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return rows[low];
}

/** The last of the rows that is seen whole, or fills what the reader sees. */
export function lastSeen<Row>(
  rows: readonly Row[],
  placeOf: (row: Row) => Placed,
  height: number,
): Row | undefined {
  const isSeen = ({ top, bottom }: Placed) => bottom <= height || (top <= 0 && bottom > 0);
  const below = rows.findIndex((row) => !isSeen(placeOf(row)));
  return below === -1 ? rows.at(-1) : rows[below - 1];
}
