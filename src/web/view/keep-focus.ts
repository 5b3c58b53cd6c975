/**
 * Moves the focus to the nearest thing around it when the element that has it disappears: a message's menu when the
 * message is deleted, a menu when it closes, a banner's button when the banner goes. Else the keyboard starts anew at
 * the top of the page, and a screen reader loses its place. Returns what ends it.
 */
export function keepFocus(root: HTMLElement): () => void {
  /** The focused element and those around it, innermost first. */
  let path: readonly HTMLElement[] = [];
  const note = ({ target }: FocusEvent) => {
    path = pathTo(target as HTMLElement, root);
  };
  const check = () => {
    const [focused] = path;
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (focused !== undefined && isLost && !isUsable(focused)) {
      const next = path
        .slice(1)
        .map(homeIn)
        .find((element) => element !== undefined);
      path = [];
      next?.focus({ preventScroll: true });
    }
  };
  // Somebody who clicks beside everything has left; the removal of an element looks the same at first.
  const left = ({ relatedTarget }: FocusEvent) => {
    const [focused] = path;
    setTimeout(() => {
      if (relatedTarget === null && focused === path[0] && focused !== document.activeElement) {
        check();
        path = focused === path[0] ? [] : path;
      }
    });
  };
  const observer = new MutationObserver(check);
  root.addEventListener("focusin", note);
  root.addEventListener("focusout", left);
  observer.observe(root, { childList: true, subtree: true, attributeFilter: ["disabled", "class"] });
  return () => {
    root.removeEventListener("focusin", note);
    root.removeEventListener("focusout", left);
    observer.disconnect();
  };
}

function pathTo(element: HTMLElement, root: HTMLElement): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (
    let at: HTMLElement | null = element;
    at !== null && at !== root.parentElement;
    at = at.parentElement
  ) {
    path.push(at);
  }
  return path;
}

/** What takes the focus for something that disappeared in this element. */
function homeIn(element: HTMLElement): HTMLElement | undefined {
  if (!element.isConnected) {
    return undefined;
  }
  // In the order of the selectors, not of the document.
  const selectors = element.dataset["focusHome"]?.split(",") ?? [];
  const homes = selectors.flatMap((selector) => Array.from(element.querySelectorAll<HTMLElement>(selector)));
  return [...(element.hasAttribute("tabindex") ? [element] : []), ...homes].find(isUsable);
}

function isUsable(element: HTMLElement): boolean {
  return element.isConnected && element.checkVisibility() && !element.matches(":disabled");
}
