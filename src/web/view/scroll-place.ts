import { firstVisible, isAtEnd, isNearStart, lastSeen, type Placed } from "../reading/place.ts";

interface Anchor {
  readonly element: Element;
  readonly top: number;
}

/**
 * Keeps what the reader looks at where it is, whatever is put above or below it or changes its height; at the end it keeps
 * the end. By measuring: not every browser anchors, and none does at the very top.
 */
export class ScrollPlace {
  readonly #scroller: HTMLElement;
  /** The row at the top of what the reader sees, and its chunk, should the row be undrawn. */
  #anchors: readonly Anchor[] = [];
  #isAtEnd = true;

  constructor(scroller: HTMLElement) {
    this.#scroller = scroller;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  get isNearStart(): boolean {
    return isNearStart(this.#scroller);
  }

  /** Whether there is anything to see: a hidden page has no height. */
  get isShown(): boolean {
    return this.#scroller.clientHeight > 0;
  }

  /** The reader scrolled. */
  note(): void {
    this.#isAtEnd = isAtEnd(this.#scroller);
    const chunk = firstVisible(this.#chunks(), this.#placeOf);
    const row = chunk && firstVisible(rowsIn(chunk), this.#placeOf);
    this.#anchors = [row, chunk].flatMap((element) =>
      element === undefined ? [] : [{ element, top: this.#placeOf(element).top }],
    );
  }

  /** Something was drawn, or has another height. */
  keep(): void {
    if (this.#isAtEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      return;
    }
    const anchor = this.#anchors.find(({ element }) => element.isConnected);
    const movedPx = anchor === undefined ? 0 : this.#placeOf(anchor.element).top - anchor.top;
    if (Math.abs(movedPx) >= 1) {
      this.#scroller.scrollTop += movedPx;
    }
  }

  toEnd(): void {
    this.#isAtEnd = true;
    this.keep();
  }

  /** Puts an element so far below the top, by a share of what the reader sees. */
  show(element: Element, share: number): void {
    this.#scroller.scrollTop += this.#placeOf(element).top - share * this.#scroller.clientHeight;
    this.note();
  }

  /** The newest row that the reader sees. */
  lastSeen(): Element | undefined {
    const height = this.#scroller.clientHeight;
    const chunks = this.#chunks().filter((chunk) => {
      const { top, bottom } = this.#placeOf(chunk);
      return bottom > 0 && top < height;
    });
    const seen = chunks.map((chunk) => lastSeen(rowsIn(chunk), this.#placeOf, height));
    return seen.findLast((row) => row !== undefined);
  }

  #chunks(): Element[] {
    return Array.from(this.#scroller.querySelectorAll("[data-chunk]"));
  }

  readonly #placeOf = (element: Element): Placed => {
    const top = this.#scroller.getBoundingClientRect().top;
    const box = element.getBoundingClientRect();
    return { top: box.top - top, bottom: box.bottom - top };
  };
}

function rowsIn(chunk: Element): Element[] {
  return Array.from(chunk.querySelectorAll("[data-row]"));
}
