/** Ends an input method's word in every browser that reports no `isComposing`: the event still belongs to the word. */
const inputMethodKeyCode = 229;

/** The part of a `KeyboardEvent` that says so. */
export interface Key {
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** Whether an input method handles this key. Safari reports the Enter that ends a word with `isComposing` false. */
export function isInputMethodKey({ isComposing, keyCode }: Key): boolean {
  return isComposing || keyCode === inputMethodKeyCode;
}

/** For a field whose form is sent by Enter. */
export function keepInputMethodEnter(event: Key & { readonly key: string; preventDefault(): void }): void {
  if (event.key === "Enter" && isInputMethodKey(event)) {
    event.preventDefault();
  }
}
