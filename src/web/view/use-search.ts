import { useEffect, useRef, useState } from "preact/hooks";
import type { ConversationSummary } from "../../client/index.ts";
import { askDirectory, loadAll, timeout } from "../addressing/directory.ts";
import { decide, isMatch, needsDirectory, type Decision, type Sought } from "../addressing/find-people.ts";
import { useChat } from "./chat-context.ts";
import { useLive } from "./use-live.ts";

export interface Search {
  readonly typed: string;
  readonly sought: Sought;
  readonly type: (text: string) => void;
  /** Opens whom the text names; `byId`: the user of this id, whatever others are called. */
  readonly enter: (how?: { readonly byId: boolean }) => void;
  readonly openFound: (peer: string) => void;
  /** What Enter found, if it opened nothing; "looking" while it is being found out. */
  readonly outcome: Exclude<Decision, { kind: "open" }> | { readonly kind: "looking" } | undefined;
  readonly isLoading: boolean;
  readonly shown: readonly ConversationSummary[];
}

/** The field above the list: filters it, and finds whom Enter opens among all conversations and at the server. */
export function useSearch(openPeer: string | undefined): Search {
  const { client, open, peerId, you, notify } = useChat();
  const conversations = useLive(client.conversations);
  const [typed, setTyped] = useState("");
  const [outcome, setOutcome] = useState<Search["outcome"]>();
  const [isLoading, setLoading] = useState(false);
  const loading = useRef<Promise<void> | undefined>(undefined);
  const sought = soughtOf(typed, peerId);
  const current = useRef(sought.text);
  current.current = sought.text;
  const load = () => {
    loading.current ??= startLoading();
    return loading.current;
  };
  const startLoading = async () => {
    setLoading(true);
    try {
      await loadAll(client);
    } catch {
      loading.current = undefined;
      notify("Not all conversations could be searched: the list cannot be loaded at the moment.");
    }
    setLoading(false);
  };
  const isSearching = sought.text !== "";
  useEffect(() => {
    if (isSearching && loading.current === undefined) {
      void load();
    }
  }, [isSearching]);
  const type = (text: string) => {
    setTyped(text);
    setOutcome(undefined);
  };
  const openFound = (peer: string) => {
    open(peer);
    type("");
  };
  const enter = async (byId: boolean) => {
    setOutcome({ kind: "looking" });
    await Promise.race([load(), timeout()]);
    const self = client.you ?? you;
    const all = client.conversations.value;
    const listed = byId ? all.filter(({ peer }) => peer === sought.id) : all;
    const directory = needsDirectory(listed, sought, self)
      ? await askDirectory(client, sought.id)
      : ({ kind: "not asked" } as const);
    if (current.current !== sought.text) {
      return;
    }
    const decision = decide(listed, sought, { you: self, directory });
    if (decision.kind === "open") {
      openFound(decision.peer);
    } else {
      setOutcome(decision);
    }
  };
  return {
    typed,
    sought,
    type,
    enter: ({ byId } = { byId: false }) => void (isSearching && enter(byId)),
    openFound,
    outcome,
    isLoading,
    shown: conversations.filter((one) =>
      isSearching ? isMatch(one, sought) : !one.archived || one.peer === openPeer,
    ),
  };
}

/** An app's `peerId` may throw for what is no name: then the text is no id either. */
function soughtOf(typed: string, peerId: (typed: string) => string): Sought {
  const text = typed.trim();
  try {
    return { text, id: text === "" ? "" : peerId(text) };
  } catch {
    return { text, id: "" };
  }
}
