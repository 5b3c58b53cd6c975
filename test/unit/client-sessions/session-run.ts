import type { Message } from "../../../src/client/api.ts";
import type { CreateClient } from "../../e2e/client-variant.ts";
import type { Disk } from "../virtual-worker/disk.ts";
import { VirtualTime } from "../virtual-worker/virtual-time.ts";
import { VirtualWorker } from "../virtual-worker/virtual-worker.ts";
import { breakNetwork, breakServer } from "./faults.ts";
import { liftedLimits, peers, user } from "./pasts.ts";
import { Person } from "./people.ts";
import { slowViolations } from "./prompt.ts";
import { SharedStorage } from "./shared-storage.ts";
import { tabs, type Composition, type Session, type Step } from "./steps.ts";
import { Tab } from "./tab.ts";
import type { InboxNotification, InboxRpc } from "../../../src/rpc/inbox.ts";

type Of<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

/** One user with two tabs and a phone, their peers, and the Worker, while things go wrong. */
export class SessionRun {
  readonly time = new VirtualTime();
  readonly worker: VirtualWorker;
  readonly storage = new SharedStorage();
  readonly session: Session;
  /** All pages there ever were. */
  readonly pages: Tab[] = [];
  readonly violations: string[] = [];
  /** Every form of each message that the conversations told of, by `rev`. */
  readonly forms = new Map<string, Map<number, Message>>();
  /** When something last went wrong with the server. */
  serverChangedAtMs = 0;
  isArchiveDown = false;
  wasArchiveDown = false;
  actions = 0;
  /** Hears of everything, to see what led to a violation. */
  readonly trace: (what: string) => void;
  readonly phone: Person;
  readonly #create: CreateClient;
  readonly #disk: Disk;
  readonly #tabs: Tab[] = [];
  #texts = 0;

  constructor(
    { create, trace }: { readonly create: CreateClient; readonly trace: SessionRun["trace"] },
    session: Session,
    disk: Disk,
  ) {
    this.trace = trace;
    this.#create = create;
    this.session = session;
    this.#disk = disk;
    disk.mark();
    this.time.install(session.seed);
    this.worker = new VirtualWorker(this.time, session.hasDefaultLimits ? {} : liftedLimits, disk);
    this.worker.called = (object, method, [parameter]) => {
      if (object === `inbox ${user}` && method === ("notify" satisfies keyof InboxRpc)) {
        this.#note(parameter as InboxNotification);
      }
    };
    this.phone = new Person(this.worker, user);
  }

  get openTabs(): readonly Tab[] {
    return this.#tabs.filter(({ isHere }) => isHere);
  }

  stop(): void {
    this.openTabs.forEach((tab) => tab.leave());
    this.worker.uninstall();
    this.time.uninstall();
    this.#disk.rollBack();
  }

  /** An earlier page of the user's: it showed the conversations, lost the network, kept what was composed, and is gone. */
  async leaveBehind(compositions: readonly Composition[]): Promise<void> {
    if (compositions.length === 0) {
      return;
    }
    const tab = this.#openTab(0);
    peers.forEach((peer) => tab.look(peer, true));
    await this.time.pass(2_000);
    tab.network.become("refusing");
    for (const composition of compositions) {
      await this.time.pass(5);
      this.#compose(tab, composition);
    }
    await this.time.pass(50);
    tab.reload();
  }

  async take(step: Step): Promise<void> {
    this.actions += 1;
    const ways: { [Kind in Step["kind"]]: (taken: Of<Kind>) => void | Promise<void> } = {
      compose: ({ tab, what }) => this.#compose(this.#tab(tab), what),
      "begin edit": ({ tab, peer, pick }) => this.#beginEdit(this.#tab(tab), this.#peer(peer), pick),
      "finish edit": () => this.#finishEdit(),
      look: ({ tab, peer, on }) => this.#tab(tab).look(this.#peer(peer), on),
      "mark read": ({ tab, peer }) => this.#markRead(this.#tab(tab), this.#peer(peer)),
      ask: (taken) => this.#ask(this.#tab(taken.tab), taken),
      "peer sends": ({ peer, count }) => this.#peerSends(this.#peer(peer), count),
      "peer changes": ({ peer, what, pick }) =>
        this.#change(new Person(this.worker, this.#peer(peer)), user, what, pick),
      "phone sends": ({ peer }) => this.#spawn(this.phone.send(this.#peer(peer), this.#text("phone"))),
      "phone changes": ({ peer, what, pick }) => this.#changeByPhone(this.#peer(peer), what, pick),
      network: ({ tab, what }) => breakNetwork(this.#tab(tab).network, what),
      "network back": ({ tab }) => this.#tab(tab).network.become("up"),
      server: ({ peer, what }) => this.#breakServer(this.#peer(peer), what),
      page: ({ tab, what }) => this.#changePage(tab, what),
      wait: ({ ms }) => this.#wait(ms),
    };
    this.trace(`${this.time.nowMs} ${JSON.stringify(step)}`);
    await (ways[step.kind] as (taken: Step) => void | Promise<void>)(step);
    await this.time.pass(3);
  }

  /** Everything works again, and at least one page is open. */
  async heal(): Promise<void> {
    this.setArchive(false);
    this.#tab(0);
    for (const { network } of this.openTabs) {
      network.dyingSockets = 0;
      network.hangingRequests = 0;
      network.failingRequests = 0;
      network.become("up");
    }
    await this.time.pass(150_000);
  }

  setArchive(isDown: boolean): void {
    this.isArchiveDown = isDown;
    this.wasArchiveDown ||= isDown;
    this.serverChangedAtMs = this.time.nowMs;
    this.worker.setArchive(isDown);
  }

  /** The tab, opened where it is not. */
  #tab(index: number): Tab {
    const tab = this.#tabs[index];
    return tab?.isHere === true ? tab : this.#openTab(index);
  }

  #openTab(index: number): Tab {
    const tab = new Tab(this.#create, this.worker, this.storage);
    this.#tabs[index % tabs] = tab;
    this.pages.push(tab);
    const name = `tab ${index}, page ${this.pages.length}`;
    tab.network.passed = (what) => this.trace(`${this.time.nowMs}   ${name} ${what}`);
    return tab;
  }

  #peer(index: number): string {
    return peers[index] ?? peers[0];
  }

  #text(who: string): string {
    this.#texts += 1;
    return `${who} ${this.#texts}`;
  }

  #compose(tab: Tab, composition: Composition): void {
    const peer = this.#peer(composition.peer);
    if (composition.act === "send") {
      const replyTo = composition.isReply ? tab.shown(peer).at(-1)?.seq : undefined;
      const text = this.#text("tab");
      tab.compose({ kind: "send", peer, text, seq: undefined, shownRev: 0 }, (conversation) =>
        conversation.send({ text, ...(replyTo !== undefined && { replyTo }) }),
      );
      return;
    }
    const shown = shownTo(tab, peer, composition.act === "react", composition.pick);
    if (shown === undefined) {
      return;
    }
    const { seq, rev: shownRev } = shown;
    const text = this.#text(composition.act);
    tab.compose({ kind: composition.act, peer, text, seq, shownRev }, (conversation) => {
      if (composition.act === "react") {
        return conversation.react(seq, "❤", composition.on);
      }
      return composition.act === "edit" ? conversation.edit(seq, text) : conversation.delete(seq);
    });
  }

  #beginEdit(tab: Tab, peer: string, pick: number): void {
    tab.look(peer, true);
    const shown = shownTo(tab, peer, false, pick);
    if (shown !== undefined) {
      tab.editing = { peer, seq: shown.seq, shownRev: shown.rev };
    }
  }

  #finishEdit(): void {
    const tab = this.openTabs.find(({ editing }) => editing !== undefined);
    if (tab?.editing !== undefined) {
      const { peer, seq, shownRev } = tab.editing;
      const text = this.#text("edit");
      tab.editing = undefined;
      tab.compose({ kind: "edit", peer, text, seq, shownRev }, (conversation) =>
        conversation.edit(seq, text, { after: shownRev }),
      );
    }
  }

  #markRead(tab: Tab, peer: string): void {
    const conversation = tab.conversation(peer);
    tab.run(() => conversation.markRead());
  }

  #ask(tab: Tab, { peer: index, what }: Of<"ask">): void {
    const conversation = tab.conversation(this.#peer(index));
    const { conversations } = tab.client;
    const ways: Record<typeof what, () => Promise<void>> = {
      older: () => conversation.messages.loadOlder(),
      more: () => conversations.loadMore(),
      archived: () => conversations.loadArchived(),
      mute: () => conversation.set({ muted: true }),
      unmute: () => conversation.set({ muted: false }),
    };
    tab.ask(what, ways[what]);
  }

  #peerSends(peer: string, count: number): void {
    const texts = Array.from({ length: count }, () => this.#text(peer));
    const person = new Person(this.worker, peer);
    this.#spawn(
      texts.reduce((before, text) => before.then(() => person.send(user, text)), Promise.resolve()),
    );
  }

  #change(person: Person, peer: string, what: Of<"phone changes">["what"], pick: number): void {
    this.#spawn(person.change(peer, what, { pick, text: this.#text("changed") }));
  }

  /** Where a page has an edit open, rather that message. */
  #changeByPhone(peer: string, what: Of<"phone changes">["what"], pick: number): void {
    const editing = this.openTabs.find((tab) => tab.editing?.peer === peer)?.editing;
    if (what === "edit" && editing !== undefined) {
      this.#spawn(this.phone.edit(peer, editing.seq, this.#text("changed")));
    } else {
      this.#change(this.phone, peer, what, pick);
    }
  }

  #spawn(doing: Promise<void>): void {
    doing.catch((error: unknown) => this.violations.push(`a person's request broke: ${String(error)}`));
  }

  #breakServer(peer: string, what: Of<"server">["what"]): void {
    if (what === "archive down" || what === "archive up") {
      this.setArchive(what === "archive down");
    } else {
      breakServer(this.worker, peer, what);
      this.serverChangedAtMs = this.time.nowMs;
    }
  }

  #changePage(index: number, what: Of<"page">["what"]): void {
    const tab = this.#tab(index);
    if (what === "reload") {
      tab.reload();
      this.#openTab(index);
    } else if (what === "leave") {
      tab.leave();
    }
  }

  async #wait(ms: number): Promise<void> {
    await this.time.pass(ms);
    this.violations.push(...slowViolations(this));
  }

  #note({ peer, frames }: InboxNotification): void {
    const forms = this.forms.get(peer) ?? new Map<number, Message>();
    this.forms.set(peer, forms);
    for (const frame of frames) {
      if (frame.type === "message") {
        forms.set(frame.message.rev, frame.message as Message);
      }
    }
  }
}

/** One of the newest messages that a page shows and the user may change so. */
function shownTo(tab: Tab, peer: string, isAny: boolean, pick: number): Message | undefined {
  const shown = tab
    .shown(peer)
    .filter(({ author, deletedAt }) => deletedAt === undefined && (isAny || author === user));
  return shown.at(-1 - (pick % Math.max(1, shown.length)));
}
