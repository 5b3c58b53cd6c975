import type { Page } from "../protocol/rest.ts";
import type { Message } from "./api.ts";
import type { Backlog } from "./backlog.ts";
import type { PagePlace } from "./history.ts";

const defaultPageMessages = 50;

export interface OlderPagesPorts {
  /** What the conversation holds now; resolves when the server has said how it stands. */
  backlog(): Promise<Backlog>;
  cursor(): number | undefined;
  page(place: PagePlace): Promise<Page>;
  loaded(messages: readonly Message[]): void;
}

/** Loads older messages, one page at a time, while newer changes go on coming. */
export class OlderPages {
  readonly #ports: OlderPagesPorts;
  #loading: Promise<void> | undefined;
  /** What was told while a page was under way: it may be about messages of the page, which may be older than that. */
  #toldMeanwhile: Message[] = [];

  constructor(ports: OlderPagesPorts) {
    this.#ports = ports;
  }

  get isLoading(): boolean {
    return this.#loading !== undefined;
  }

  told(messages: readonly Message[]): void {
    if (this.#loading !== undefined) {
      this.#toldMeanwhile.push(...messages);
    }
  }

  /** Throws a PairlineError. Who asks while a page is under way gets that one. */
  load(limit = defaultPageMessages): Promise<void> {
    this.#loading ??= this.#load(limit).finally(() => {
      this.#loading = undefined;
      this.#toldMeanwhile = [];
    });
    return this.#loading;
  }

  async #load(limit: number): Promise<void> {
    const backlog = await this.#ports.backlog();
    if (!backlog.hasOlder) {
      return;
    }
    this.#toldMeanwhile = [];
    const rev = this.#ports.cursor();
    const page = await this.#ports.page({
      before: backlog.oldest,
      limit,
      ...(rev !== undefined && { rev }),
    });
    // A reset came between, and the page is of what was before it.
    if (backlog !== (await this.#ports.backlog())) {
      return this.#load(limit);
    }
    const messages = page.messages as readonly Message[];
    if (backlog.prepend(messages, page.hasMore)) {
      backlog.apply(this.#toldMeanwhile);
      this.#ports.loaded(messages);
    }
    return undefined;
  }
}
