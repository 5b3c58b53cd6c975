import { isInputMethodKey } from "../composing/keys.ts";

type RowKeyEvent = KeyboardEvent & { readonly currentTarget: HTMLElement };

/** Arrow keys lead from message to message, Enter to what can be done with it. */
export function moveByKey(event: RowKeyEvent): void {
  if (!isInputMethodKey(event)) {
    move(event);
  }
}

function move(event: RowKeyEvent): void {
  const { key, currentTarget: log, target } = event;
  const rows = Array.from(log.querySelectorAll<HTMLElement>("[data-row]"));
  const row = (target as Element).closest<HTMLElement>("[data-row]");
  const index = row === null ? rows.length : rows.indexOf(row);
  const found = targetOf(key, rows, index);
  if (found !== undefined) {
    event.preventDefault();
    found.focus();
    found.scrollIntoView({ block: "nearest" });
  } else if (key === "Enter" && target === row) {
    event.preventDefault();
    row?.querySelector<HTMLElement>("[role=toolbar] button")?.focus();
  } else if (key === "Escape" && target !== row) {
    row?.focus();
  }
}

function targetOf(key: string, rows: readonly HTMLElement[], index: number): HTMLElement | undefined {
  switch (key) {
    case "ArrowUp":
      return rows[Math.max(0, index - 1)];
    case "ArrowDown":
      return rows[index + 1];
    case "End":
      return rows.at(-1);
    default:
      return undefined;
  }
}
