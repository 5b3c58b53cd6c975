import { typingBelievedMs } from "../protocol/typing.ts";
import { Timer } from "./timer.ts";

/** While a user types, this is sent again after this time (MK6). */
const repeatMs = 3_000;

/** What the user types is told, and what the peer types believed for a while. */
export class Typing {
  readonly #transmit: (frame: { type: "typing"; on: boolean }) => boolean;
  readonly #changed: () => void;
  #toldAtMs: number | undefined;
  readonly #timer = new Timer();

  constructor(transmit: (frame: { type: "typing"; on: boolean }) => boolean, changed: () => void) {
    this.#transmit = transmit;
    this.#changed = changed;
  }

  get isPeerTyping(): boolean {
    return this.#timer.isSet;
  }

  tell(on: boolean): void {
    const isRecent = this.#toldAtMs !== undefined && Date.now() - this.#toldAtMs < repeatMs;
    if (on ? isRecent : this.#toldAtMs === undefined) {
      return;
    }
    this.#toldAtMs = on && this.#transmit({ type: "typing", on }) ? Date.now() : undefined;
    if (!on) {
      this.#transmit({ type: "typing", on });
    }
  }

  /** A message ends it on both sides without a frame. */
  ownEnded(): void {
    this.#toldAtMs = undefined;
  }

  peer(on: boolean): void {
    this.#timer.clear();
    if (on) {
      this.#timer.set(typingBelievedMs, () => this.peer(false));
    }
    this.#changed();
  }
}
