import type { Page } from "../protocol/rest.ts";
import type { Message } from "./api.ts";
import { Backlog } from "./backlog.ts";
import type { PagePlace } from "./history.ts";

const defaultPageMessages = 50;
/** Of the page around a message that is opened. Half of it is older. */
const openedMessages = 100;
/** Beyond it a window forgets messages at its other end. */
const mostWindowMessages = 1_000;

export interface MessagePagesPorts {
  /** The newest messages; resolves when the server has said how the conversation stands. */
  backlog(): Promise<Backlog>;
  cursor(): number | undefined;
  page(place: PagePlace): Promise<Page>;
  /** What is shown changed by these messages of a page. */
  loaded(messages: readonly Message[]): void;
}

/**
 * Loads pages, one at a time, while newer changes go on coming. What is shown are the newest messages, or a window:
 * consecutive messages with a gap above them. When a window reaches the newest messages it becomes part of them.
 */
export class MessagePages {
  readonly #ports: MessagePagesPorts;
  #window: Backlog | undefined;
  /** Changes when the newest messages are shown again: a page that was asked for before is dropped. */
  #place = 0;
  #openings = 0;
  /** The newest `openAt` that is under way, unless the newest messages were asked for since. */
  #opening: number | undefined;
  #loading: { readonly name: string; readonly done: Promise<void> } | undefined;
  /** What was told while a page was under way: it may be about messages of the page, which may be older than that. */
  #toldMeanwhile: Message[] = [];

  constructor(ports: MessagePagesPorts) {
    this.#ports = ports;
  }

  get window(): Backlog | undefined {
    return this.#window;
  }

  get isLoading(): boolean {
    return this.#loading !== undefined;
  }

  /** Whether a window is about to be shown. */
  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  told(messages: readonly Message[]): void {
    if (this.#loading !== undefined) {
      this.#toldMeanwhile.push(...messages);
    }
    applyHeld(this.#window, messages);
  }

  /** Shows the newest messages again. */
  close(): void {
    this.#place += 1;
    this.#window = undefined;
  }

  /** Throws a PairlineError. Calls while a page is under way in the same direction get that one. */
  loadOlder(limit = defaultPageMessages): Promise<void> {
    return this.#load("older", () => this.#loadOlder(limit));
  }

  /** Does nothing where the newest messages are shown. Throws a PairlineError. */
  loadNewer(limit = defaultPageMessages): Promise<void> {
    return this.#load("newer", () => this.#loadNewer(limit));
  }

  /** Shows a message and those around it. Throws a PairlineError. */
  openAt(seq: number): Promise<void> {
    this.#openings += 1;
    const opening = this.#openings;
    this.#opening = opening;
    return this.#load(`opening ${opening}`, async () => {
      try {
        await this.#openAt(seq, opening);
      } finally {
        if (this.#opening === opening) {
          this.#opening = undefined;
        }
      }
    });
  }

  /** Shows the newest messages, and loads a page of them where none is held. Throws a PairlineError. */
  async openNewest(): Promise<void> {
    if (this.#window !== undefined || this.isOpening) {
      this.#opening = undefined;
      this.close();
      this.#ports.loaded([]);
    }
    const { messages, hasOlder } = await this.#ports.backlog();
    if (messages.length === 0 && hasOlder) {
      await this.loadOlder();
    }
  }

  #load(direction: string, load: () => Promise<void>): Promise<void> {
    const name = `${this.#place} ${direction}`;
    const earlier = this.#loading;
    if (earlier?.name === name) {
      return earlier.done;
    }
    const done = (earlier?.done.catch(() => {}) ?? Promise.resolve()).then(load).finally(() => {
      if (this.#loading?.done === done) {
        this.#loading = undefined;
        this.#toldMeanwhile = [];
      }
    });
    this.#loading = { name, done };
    return done;
  }

  async #loadOlder(limit: number): Promise<void> {
    const newest = await this.#ports.backlog();
    const shown = this.#window ?? newest;
    if (!shown.hasOlder) {
      return;
    }
    const page = await this.#page({ before: shown.oldest, limit }, newest);
    if (page === "reset") {
      await this.#loadOlder(limit);
    } else if (page !== undefined && shown.prepend(page.messages, page.hasMore)) {
      if (shown === this.#window) {
        shown.trimNewest(mostWindowMessages);
      }
      this.#put(shown, page.messages);
    }
  }

  async #loadNewer(limit: number): Promise<void> {
    const newest = await this.#ports.backlog();
    const shown = this.#window;
    if (shown === undefined) {
      return;
    }
    const page = await this.#page({ after: shown.head, limit }, newest);
    if (page === undefined || page === "reset") {
      return;
    }
    const { head } = shown;
    this.#extend(shown, newest, page.messages);
    if (this.#window !== undefined && shown.head === head) {
      // The server has nothing above it: better the newest messages than an end that leads nowhere.
      this.close();
    }
    shown.trim(mostWindowMessages);
    this.#put(this.#window ?? newest, page.messages);
  }

  async #openAt(wanted: number, opening: number): Promise<void> {
    const newest = await this.#ports.backlog();
    const seq = Math.min(Math.max(1, wanted), newest.head);
    if (this.#opening !== opening || newest.head === 0 || this.#window?.get(seq) !== undefined) {
      return;
    }
    if (newest.get(seq) !== undefined) {
      this.#window = undefined;
      this.#ports.loaded([]);
      return;
    }
    const after = Math.max(0, seq - 1 - openedMessages / 2);
    const page = await this.#page({ after, limit: openedMessages }, newest);
    if (page === "reset") {
      await this.#openAt(wanted, opening);
    } else if (page !== undefined && this.#opening === opening) {
      this.#window = new Backlog(after);
      this.#extend(this.#window, newest, page.messages);
      this.#put(this.#window ?? newest, page.messages);
    }
  }

  /** Undefined where the newest messages were shown again meanwhile, "reset" where the page is of a history that was replaced. */
  async #page(
    place: PagePlace,
    newest: Backlog,
  ): Promise<{ messages: readonly Message[]; hasMore: boolean } | "reset" | undefined> {
    this.#toldMeanwhile = [];
    const opened = this.#place;
    const rev = this.#ports.cursor();
    const { messages, hasMore } = await this.#ports.page({ ...place, ...(rev !== undefined && { rev }) });
    if (newest !== (await this.#ports.backlog())) {
      return "reset";
    }
    return opened === this.#place ? { messages: messages as readonly Message[], hasMore } : undefined;
  }

  /** Puts a page above a window, and joins the window with the newest messages where it reaches them. */
  #extend(shown: Backlog, newest: Backlog, page: readonly Message[]): void {
    shown.apply(page.filter(({ seq }) => seq < newest.oldest));
    if (newest.prepend(shown.messages, shown.hasOlder)) {
      this.#window = undefined;
    }
  }

  #put(shown: Backlog, page: readonly Message[]): void {
    applyHeld(shown, this.#toldMeanwhile);
    this.#ports.loaded(page);
  }
}

/** What is above those held reaches them by pages, or by the replay. */
function applyHeld(held: Backlog | undefined, told: readonly Message[]): void {
  held?.apply(told.filter(({ seq }) => seq <= held.head));
}
