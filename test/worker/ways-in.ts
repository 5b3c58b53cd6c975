import page from "../../docs/guides/threat-model.md?raw";

/** One row of the table "Ways in" of the threat model. */
export interface WayIn {
  /** `REST`, or the kind of connection. */
  readonly kind: string;
  /** A method and a path, a frame or an event. */
  readonly name: string;
  readonly expiry: string;
  readonly allowance: string;
  readonly block: string;
  readonly size: string;
}

/** What the table says where there is nothing to ask. */
export const nothing = "–";

export const waysIn: readonly WayIn[] = page.split("\n").flatMap((line) => {
  const cells = line.split("|").map((cell) => cell.trim().replaceAll("`", ""));
  const way = /^(REST|conversation socket|inbox socket|Socket\.IO session|Socket\.IO) (.+)$/.exec(
    cells[1] ?? "",
  );
  return way !== null && cells.length === 7 ? [wayFrom(way, cells.slice(2))] : [];
});

function wayFrom([, kind = "", name = ""]: readonly string[], answers: readonly string[]): WayIn {
  const [expiry = "", allowance = "", block = "", size = ""] = answers;
  return { kind, name, expiry, allowance, block, size };
}
