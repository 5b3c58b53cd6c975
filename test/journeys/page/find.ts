/** What somebody looks for on the page. */
export interface Target {
  /** A CSS selector. */
  readonly css: string;
  /** What the element says somewhere. */
  readonly text?: string;
  /** What a screen reader calls it, exactly: its label, else all that it says. */
  readonly label?: string;
  /** Only inside of this. */
  readonly within?: Target;
}

/** An element that is shown, and the middle of what can be clicked of it. */
export interface Found {
  readonly text: string;
  readonly value: string;
  readonly isFocused: boolean;
  readonly seq: number;
  readonly x: number;
  readonly y: number;
  readonly top: number;
  readonly bottom: number;
}

/** Runs in the page, so it sees nothing of this file. */
export function findInPage({ target, scroll }: { target: Target; scroll: boolean }): Found[] {
  const textOf = (element: Element) => element.textContent?.trim() ?? "";
  const labelOf = (element: Element): string => {
    const labels = (element as HTMLInputElement).labels;
    return element.getAttribute("aria-label") ?? (labels?.[0] && textOf(labels[0])) ?? textOf(element);
  };
  const isShown = (element: Element) =>
    element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
  const search = (wanted: Target): Element[] => {
    const roots: (Element | Document)[] = wanted.within === undefined ? [document] : search(wanted.within);
    return roots
      .flatMap((root) => Array.from(root.querySelectorAll(wanted.css)))
      .filter((element) => isShown(element))
      .filter((element) => wanted.text === undefined || textOf(element).includes(wanted.text))
      .filter((element) => wanted.label === undefined || labelOf(element) === wanted.label);
  };
  const elements = search(target);
  if (scroll) {
    elements[0]?.scrollIntoView({ block: "nearest" });
  }
  return elements.map((element) => {
    const { left, top, bottom, width, height } = element.getBoundingClientRect();
    return {
      text: textOf(element),
      value: (element as HTMLInputElement).value ?? "",
      isFocused: element === document.activeElement,
      seq: Number(element.getAttribute("data-seq") ?? 0),
      x: left + width / 2,
      y: top + height / 2,
      top,
      bottom,
    };
  });
}

/** What the page shows, for messages of failed tests. */
export function shownInPage(): string {
  return document.body.innerText.replaceAll(/\s*\n\s*/g, " | ").slice(0, 1_500);
}
