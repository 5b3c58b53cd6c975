/** What a journey needs of a browser, whichever it is: a journey of the page is written once. */
export interface BrowserDriver {
  /** A profile of its own: storage that no other has. It is kept until the profile is closed, over all its tabs. */
  newProfile(options?: ProfileOptions): Promise<BrowserProfile>;
  close(): Promise<void>;
}

export interface ProfileOptions {
  readonly width?: number;
  readonly height?: number;
  /** A touch screen. Chromium alone imitates one. */
  readonly isPhone?: boolean;
}

export interface BrowserProfile {
  newTab(): Promise<BrowserTab>;
  close(): Promise<void>;
}

export interface BrowserTab {
  /** Exceptions of the page that nobody caught. */
  readonly problems: readonly string[];
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  /** Runs a function in the page. It sees its argument alone. */
  evaluate<Argument, Result>(run: (argument: Argument) => Result, argument: Argument): Promise<Result>;
  /** Types characters as a keyboard would. */
  type(text: string): Promise<void>;
  /** Presses a key, named as in `KeyboardEvent.key`, perhaps with `Shift+` before it. */
  press(key: string): Promise<void>;
  click(x: number, y: number): Promise<void>;
  hover(x: number, y: number): Promise<void>;
  /** Turns the mouse wheel over the place where the mouse is. */
  wheel(pixels: number): Promise<void>;
  close(): Promise<void>;
}
