import type { Client, Events } from "../../client/index.ts";
import { shownText } from "./message-text.ts";
import { nameOf } from "./person.ts";

/** A message that is read out. Each has a key of its own: the same text again is read out again. */
export interface Announcement {
  readonly key: number;
  readonly peer: string;
  readonly seq: number;
  readonly text: string;
}

/** After a catch-up only the newest are read out. */
const mostAnnouncements = 5;
/** Longer than a screen reader takes to notice a text, short enough that nobody comes upon it later. */
const shownMs = 15_000;
/** A summary follows each message. Without one nothing says that the conversation is muted. */
const summaryWaitMs = 2_000;

type Arrived = Events["message"];

/** Announces what comes in any conversation that is not muted, for as long as it is there. */
export class Announced {
  readonly #client: Client;
  readonly #changed: (announcements: readonly Announcement[]) => void;
  readonly #ends: (() => void)[];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Messages of conversations that the list does not have yet. */
  #waiting: readonly Arrived[] = [];
  #announcements: readonly Announcement[] = [];
  #nextKey = 1;

  constructor(client: Client, changed: (announcements: readonly Announcement[]) => void) {
    this.#client = client;
    this.#changed = changed;
    this.#ends = [
      client.on("message", (arrived) => this.#arrived(arrived)),
      client.conversations.subscribe(() => this.#listChanged()),
    ];
  }

  end(): void {
    this.#ends.forEach((end) => end());
    this.#timers.forEach((timer) => clearTimeout(timer));
  }

  #arrived(arrived: Arrived): void {
    const { peer, message, isNew } = arrived;
    if (message.deletedAt !== undefined) {
      this.#forget(peer, message.seq);
    } else if (isNew && message.author !== this.#client.you) {
      this.#waiting = [...this.#waiting, arrived];
      this.#listChanged();
      if (this.#waiting.includes(arrived)) {
        this.#after(summaryWaitMs, () => this.#announceWaiting((each) => each === arrived));
      }
    }
  }

  /** Nobody comes upon a deleted text in the live region. */
  #forget(peer: string, seq: number): void {
    this.#waiting = this.#waiting.filter((each) => each.peer !== peer || each.message.seq !== seq);
    this.#keep((each) => each.peer !== peer || each.seq !== seq);
  }

  #listChanged(): void {
    if (this.#waiting.length > 0) {
      const listed = new Set(this.#client.conversations.value.map(({ peer }) => peer));
      this.#announceWaiting(({ peer }) => listed.has(peer));
    }
  }

  #announceWaiting(isMeant: (arrived: Arrived) => boolean): void {
    const meant = this.#waiting.filter(isMeant);
    this.#waiting = this.#waiting.filter((each) => !meant.includes(each));
    const added = meant.flatMap((each) => this.#announcementOf(each)).slice(-mostAnnouncements);
    if (added.length > 0) {
      this.#announcements = [...this.#announcements, ...added].slice(-mostAnnouncements);
      this.#changed(this.#announcements);
      this.#after(shownMs, () => this.#keep((each) => !added.includes(each)));
    }
  }

  #announcementOf({ peer, message }: Arrived): Announcement[] {
    const { muted, profile } = this.#client.conversation(peer).status.value;
    const key = this.#nextKey;
    this.#nextKey += 1;
    const text = `${nameOf(peer, profile)}: ${shownText(message.text)}`;
    return muted ? [] : [{ key, peer, seq: message.seq, text }];
  }

  #keep(isKept: (announcement: Announcement) => boolean): void {
    const kept = this.#announcements.filter(isKept);
    if (kept.length < this.#announcements.length) {
      this.#announcements = kept;
      this.#changed(kept);
    }
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
