import { firstVisible, isAtEnd, isNearEnd, isNearStart, lastSeen, type Placed } from "../reading/place.ts";

interface Anchor {
  readonly element: Element;
  readonly edge: keyof Placed;
  /** Below the top of the content, wherever that is scrolled to. */
  readonly at: number;
}

/**
 * Keeps what the reader looks at where it is, whatever is put above or below it or changes its height; at the end it keeps
 * the end. By measuring: not every browser anchors, and none does at the very top.
 */
export class ScrollPlace {
  readonly #scroller: HTMLElement;
  /**
   * The row at the top of what the reader sees; and its chunk, where the row is not drawn: that by its lower edge, since
   * older messages may be put into it.
   */
  #anchors: readonly Anchor[] = [];
  #isAtEnd = true;
  #endsWithNewest = true;
  #scrollTop = 0;

  constructor(scroller: HTMLElement) {
    this.#scroller = scroller;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /** Whether the newest message is the last one here. The end of anything else is not kept in sight. */
  set endsWithNewest(endsWithNewest: boolean) {
    this.#endsWithNewest = endsWithNewest;
    this.#isAtEnd &&= endsWithNewest;
  }

  get isNearEnd(): boolean {
    return isNearEnd(this.#scroller);
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
    this.#isAtEnd = this.#endsWithNewest && isAtEnd(this.#scroller);
    this.#scrollTop = this.#scroller.scrollTop;
    const chunk = firstVisible(this.#chunks(), this.#placeOf);
    const row = chunk && firstVisible(rowsIn(chunk), this.#placeOf);
    this.#anchors = [...this.#anchor(row, "top"), ...this.#anchor(chunk, "bottom")];
  }

  /** Something was drawn, or has another height. */
  keep(): void {
    const { scrollTop } = this.#scroller;
    // Scrolled a moment ago, and not told yet.
    this.#isAtEnd &&= scrollTop >= this.#scrollTop || isAtEnd(this.#scroller);
    if (this.#isAtEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      this.#scrollTop = this.#scroller.scrollTop;
      return;
    }
    const anchor = this.#anchors.find(({ element }) => element.isConnected);
    const movedPx = anchor === undefined ? 0 : this.#contentPlace(anchor) - anchor.at;
    if (Math.abs(movedPx) >= 1) {
      this.#scroller.scrollTop = scrollTop + movedPx;
      this.#anchors = this.#anchors.map((each) => ({ ...each, at: this.#contentPlace(each) }));
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

  /** Whether an element begins above what the reader sees. */
  isAbove(element: Element): boolean {
    return this.#placeOf(element).top < 0;
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

  #anchor(element: Element | undefined, edge: keyof Placed): Anchor[] {
    return element === undefined ? [] : [{ element, edge, at: this.#contentPlace({ element, edge }) }];
  }

  #contentPlace({ element, edge }: Pick<Anchor, "element" | "edge">): number {
    return this.#placeOf(element)[edge] + this.#scroller.scrollTop;
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
