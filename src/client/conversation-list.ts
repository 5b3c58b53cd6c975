import type { ConversationList as ListPage, ListedConversation } from "../protocol/conversation-list.ts";
import type { ConversationList, ConversationSummary, Profile } from "./api.ts";
import { View } from "./live.ts";
import { Timer } from "./timer.ts";

export interface SummariesPorts {
  page(query: Readonly<Record<string, string | number>>): Promise<ListPage>;
  /** What the peer is called. */
  profile(peer: string): Promise<Profile>;
  /** Adds what is known of the peer's presence. */
  withPresence(summary: ConversationSummary): ConversationSummary;
  /** A summary is news. */
  noted(summary: ConversationSummary): void;
  observedChanged(): void;
}

const pageConversations = 50;
const mostConversations = 500;
/** The archive has what moved a moment later, and several are counted at once. */
const recountDelayMs = 3_000;

/** The list of conversations: pages of it, and what changed since. */
export class Summaries implements ConversationList {
  readonly #ports: SummariesPorts;
  readonly #view: View<readonly ConversationSummary[]>;
  readonly #byPeer = new Map<string, ConversationSummary>();
  /** What the server counted over all conversations, and how many of that were those known here. */
  #counted: ConversationList["unread"] = { messages: 0, conversations: 0 };
  #countedHere: ConversationList["unread"] = { messages: 0, conversations: 0 };
  readonly #recount = new Timer();
  #position: number | undefined;
  #nextCursor: string | undefined;
  #loading: Promise<void> | undefined;

  constructor(ports: SummariesPorts) {
    this.#ports = ports;
    this.#view = new View(
      () => Array.from(this.#byPeer.values(), (summary) => ports.withPresence(summary)).sort(newestFirst),
      () => ports.observedChanged(),
    );
  }

  get value(): readonly ConversationSummary[] {
    return this.#view.value;
  }

  get isObserved(): boolean {
    return this.#view.isObserved;
  }

  readonly subscribe = (listener: () => void) => this.#view.subscribe(listener);

  get hasMore(): boolean {
    return this.#nextCursor !== undefined;
  }

  get unread(): ConversationList["unread"] {
    const here = this.#unreadHere();
    return this.hasMore ? sumOf(this.#counted, here, this.#countedHere) : here;
  }

  get(peer: string): ConversationSummary | undefined {
    return this.#byPeer.get(peer);
  }

  /** Something of a conversation shows differently. */
  changed(): void {
    this.#view.changed();
  }

  /** A summary was told. Of a conversation that is new here it does not say who the peer is, as pages do. */
  note(told: ListedConversation): void {
    const isNew = !this.#byPeer.has(told.peer);
    if (isNew && this.hasMore) {
      // How much of it the server had counted is not known.
      this.#recount.set(recountDelayMs, () => void this.#count());
    }
    this.#put(told);
    if (isNew) {
      void this.#learnProfile(told.peer);
    }
  }

  /** The first page, as `ready` brings it or a request. */
  first(page: ListPage): void {
    page.conversations.forEach((summary) => this.#put(summary));
    if (this.#position === undefined) {
      this.#position = page.position;
      this.#nextCursor = page.nextCursor;
      this.#counted = page.unread;
      this.#countedHere = this.#unreadHere();
    }
  }

  loadMore(limit = pageConversations): Promise<void> {
    this.#loading ??= this.#loadMore(limit).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** What moved while no socket was open (IN7). */
  async refresh(): Promise<void> {
    if (this.#position === undefined) {
      this.first(await this.#ports.page({ limit: pageConversations }));
      return;
    }
    // Not before all pages came: where one fails, the same is asked for again.
    this.#position = await this.#loadAll({ changedSince: this.#position, limit: mostConversations });
    await this.#count();
  }

  async loadArchived(): Promise<void> {
    await this.#loadAll({ archived: "true", limit: mostConversations });
  }

  /** A conversation's history is another one, which may be shorter: any summary is newer. */
  reset(peer: string): void {
    const known = this.#byPeer.get(peer);
    if (known !== undefined) {
      this.#byPeer.set(peer, { ...known, rev: 0, state: 0, read: { you: 0, peer: 0 } });
    }
  }

  close(): void {
    this.#recount.clear();
  }

  /** Every page of a query. Returns the position of the first. */
  async #loadAll(query: Readonly<Record<string, string | number>>): Promise<number> {
    let page = await this.#ports.page(query);
    const { position } = page;
    for (;;) {
      page.conversations.forEach((summary) => this.#put(summary));
      if (page.nextCursor === undefined) {
        return position;
      }
      page = await this.#ports.page({ ...query, cursor: page.nextCursor });
    }
  }

  async #loadMore(limit: number): Promise<void> {
    if (this.#nextCursor === undefined) {
      return;
    }
    const page = await this.#ports.page({ cursor: this.#nextCursor, limit });
    const before = this.#unreadHere();
    page.conversations.forEach((summary) => this.#put(summary));
    const after = this.#unreadHere();
    this.#countedHere = sumOf(this.#countedHere, after, before);
    this.#nextCursor = page.nextCursor;
    this.#view.changed();
  }

  /** Of two forms the newer one counts (LS2). */
  #put(told: ListedConversation): void {
    const summary = asSummary(told);
    const known = this.#byPeer.get(summary.peer);
    this.#byPeer.set(summary.peer, known === undefined ? summary : merged(known, summary));
    this.#view.changed();
    this.#ports.noted(summary);
    if (known === undefined && this.isObserved) {
      this.#ports.observedChanged();
    }
  }

  async #learnProfile(peer: string): Promise<void> {
    // Where it fails, the next page of the list tells.
    const profile = await this.#ports.profile(peer).catch(() => undefined);
    const known = this.#byPeer.get(peer);
    if (profile !== undefined && known !== undefined) {
      this.#put({ ...known, profile });
    }
  }

  async #count(): Promise<void> {
    this.#recount.clear();
    if (this.hasMore) {
      // Where it fails, the next conversation that is new here asks again.
      const page = await this.#ports.page({ limit: 1 }).catch(() => undefined);
      this.#counted = page?.unread ?? this.#counted;
      this.#countedHere = page === undefined ? this.#countedHere : this.#unreadHere();
      this.#view.changed();
    }
  }

  #unreadHere(): ConversationList["unread"] {
    const nothing: ConversationList["unread"] = { messages: 0, conversations: 0 };
    return Array.from(this.#byPeer.values()).reduce((sum, summary) => {
      const messages = unreadOf(summary);
      const mutedMessages = summary.muted ? messages : 0;
      return sumOf(sum, { messages, conversations: Math.sign(messages), mutedMessages }, nothing);
    }, nothing);
  }
}

function unreadOf({ unread, archived }: Pick<ConversationSummary, "unread" | "archived">): number {
  return archived ? 0 : unread;
}

/** Two counts together, without a third. */
function sumOf(...[one, other, less]: ConversationList["unread"][]): ConversationList["unread"] {
  const total = (of: (unread: ConversationList["unread"] | undefined) => number | undefined) =>
    (of(one) ?? 0) + (of(other) ?? 0) - (of(less) ?? 0);
  const mutedMessages = total((unread) => unread?.mutedMessages);
  return {
    messages: total((unread) => unread?.messages),
    conversations: total((unread) => unread?.conversations),
    ...(mutedMessages > 0 && { mutedMessages }),
  };
}

function asSummary(told: ListedConversation): ConversationSummary {
  const { peer, head, rev, state, read, unread, muted, archived, blocked, last, profile } = told;
  const always = { peer, head, rev, state, read, unread, muted, archived, blocked };
  return {
    ...always,
    ...(last !== undefined && { last: last as NonNullable<ConversationSummary["last"]> }),
    ...(profile !== undefined && { profile: profile as NonNullable<ConversationSummary["profile"]> }),
  };
}

function merged(known: ConversationSummary, told: ConversationSummary): ConversationSummary {
  const steps = [told.rev - known.rev, told.state - known.state, told.read.you - known.read.you];
  const isNewer = (steps.find((step) => step !== 0) ?? 0) >= 0;
  const [newer, older] = isNewer ? [told, known] : [known, told];
  const profile = newer.profile ?? older.profile;
  return {
    ...newer,
    read: { you: Math.max(known.read.you, told.read.you), peer: Math.max(known.read.peer, told.read.peer) },
    ...(profile !== undefined && { profile }),
  };
}

function newestFirst(one: ConversationSummary, other: ConversationSummary): number {
  const byTime = (other.last?.createdAt ?? 0) - (one.last?.createdAt ?? 0);
  return byTime !== 0 ? byTime : Number(one.peer > other.peer) - Number(one.peer < other.peer);
}
