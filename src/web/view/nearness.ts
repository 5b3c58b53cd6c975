/** What is farther than this from what the reader sees is not drawn. */
const farPx = 1_500;

/** Tells elements of a scrolled log whether they are near what the reader sees. */
export class Nearness {
  readonly #observer: IntersectionObserver;
  readonly #listeners = new Map<Element, (isNear: boolean) => void>();

  constructor(scroller: Element) {
    this.#observer = new IntersectionObserver(
      (entries) =>
        entries.forEach(({ target, isIntersecting }) => this.#listeners.get(target)?.(isIntersecting)),
      { root: scroller, rootMargin: `${farPx}px 0px` },
    );
  }

  watch(element: Element, listener: (isNear: boolean) => void): () => void {
    this.#listeners.set(element, listener);
    this.#observer.observe(element);
    return () => {
      this.#listeners.delete(element);
      this.#observer.unobserve(element);
    };
  }
}
