import type { Conversation } from "../../client/index.ts";
import { chunkIndex } from "../reading/chunks.ts";
import type { Older } from "./use-older.ts";
import type { ScrolledLog } from "./use-scroll-place.ts";

/** So many pages are loaded on the way to an old message. */
const mostPages = 20;

export interface Searched {
  readonly conversation: Conversation;
  readonly log: ScrolledLog;
  readonly older: Older;
}

/** Shows the message of a number. Loads what lies between, where it is older than all that is here. */
export async function goTo(seq: number, { conversation: { messages }, log, older }: Searched): Promise<void> {
  const isHere = () => (messages.value[0]?.seq ?? 1) <= seq;
  for (let pages = 0; pages < mostPages && !isHere() && messages.hasOlder; pages += 1) {
    await older.load();
  }
  const row = await drawnRow(seq, log);
  if (row !== undefined) {
    log.parts?.place.show(row, 0.3);
    row.focus({ preventScroll: true });
    row.classList.add("found");
    row.addEventListener("animationend", () => row.classList.remove("found"), { once: true });
  }
}

/** A chunk is drawn as soon as it is near what the reader sees. */
async function drawnRow(seq: number, { scroller, parts }: ScrolledLog): Promise<HTMLElement | undefined> {
  const find = (selector: string) => scroller.current?.querySelector<HTMLElement>(selector) ?? undefined;
  const selector = `[data-seq="${seq}"]`;
  const chunk = find(`[data-chunk="${chunkIndex(seq)}"]`);
  if (find(selector) === undefined && chunk !== undefined) {
    parts?.place.show(chunk, 0.2);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
  return find(selector);
}
