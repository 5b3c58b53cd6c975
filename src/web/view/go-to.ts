import type { Conversation } from "../../client/index.ts";
import { chunkIndex } from "../reading/chunks.ts";
import type { ScrolledLog } from "./use-scroll-place.ts";

/** Within so many frames what was loaded is drawn. */
const mostFrames = 20;

export interface Searched {
  readonly conversation: Conversation;
  readonly log: ScrolledLog;
}

/** Shows the message of a number, however far it is from what is here. Rejects with a PairlineError. */
export async function goTo(seq: number, { conversation: { messages }, log }: Searched): Promise<void> {
  await messages.openAt(seq);
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
  for (let frames = 0; frames < mostFrames; frames += 1) {
    const row = find(`[data-seq="${seq}"]`);
    if (row !== undefined) {
      return row;
    }
    const chunk = find(`[data-chunk="${chunkIndex(seq)}"]`);
    if (chunk !== undefined) {
      parts?.place.show(chunk, 0.2);
    }
    await new Promise(requestAnimationFrame);
  }
  return undefined;
}
