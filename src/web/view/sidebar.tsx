import { useMemo } from "preact/hooks";
import type { Connection, ConversationSummary } from "../../client/index.ts";
import { sameNamed } from "../addressing/find-people.ts";
import { Avatar } from "./avatar.tsx";
import { useChat } from "./chat-context.ts";
import { ConversationRow } from "./conversation-row.tsx";
import { IconButton } from "./icon-button.tsx";
import { BeginButton, SearchField, SearchOutcome } from "./search.tsx";
import { useLive } from "./use-live.ts";
import { useMinute } from "./use-minute.ts";
import { useOwnName } from "./use-own-name.ts";
import { useSearch } from "./use-search.ts";

/** What stands for the list while it is empty. */
const emptyTexts: Partial<Record<Connection["state"], string>> = {
  open: "No conversations yet. Type a name above to begin one.",
  stopped: "Your conversations cannot be shown.",
};

export function Sidebar({ openPeer }: { readonly openPeer: string | undefined }) {
  const { client } = useChat();
  const conversations = useLive(client.conversations);
  const { state } = useLive(client.connection);
  const search = useSearch(openPeer);
  const { sought, isLoading } = search;
  return (
    <nav class="sidebar" aria-label="Conversations" tabIndex={-1}>
      <Self />
      <SearchField search={search} />
      <SearchOutcome search={search} />
      <ConversationListView conversations={search.shown} openPeer={openPeer} />
      <BeginButton search={search} isListed={conversations.some(({ peer }) => peer === sought.id)} />
      {sought.text !== "" && isLoading && <p class="list-empty">Searching all conversations…</p>}
      {conversations.length === 0 && sought.text === "" && (
        <p class="list-empty">{emptyTexts[state] ?? "Loading…"}</p>
      )}
    </nav>
  );
}

interface ListProperties {
  readonly conversations: readonly ConversationSummary[];
  readonly openPeer: string | undefined;
}

function ConversationListView({ conversations, openPeer }: ListProperties) {
  const { client, notify } = useChat();
  const nowMs = useMinute();
  const ambiguous = useMemo(() => sameNamed(client.conversations.value), [client.conversations.value]);
  const loadMore = () => {
    client.conversations.loadMore().catch(() => notify("The list cannot be loaded at the moment."));
  };
  return (
    <ul class="list" role="list">
      {conversations.map((summary) => (
        <ConversationRow
          key={summary.peer}
          summary={summary}
          you={client.you}
          isOpen={summary.peer === openPeer}
          showsId={ambiguous.has(summary.peer)}
          nowMs={nowMs}
        />
      ))}
      {client.conversations.hasMore && (
        <li>
          <button type="button" class="more" onClick={loadMore}>
            Show more
          </button>
        </li>
      )}
    </ul>
  );
}

function Self() {
  const { client, signOut } = useChat();
  useLive(client.connection);
  const { you } = client;
  const name = useOwnName() ?? you;
  return (
    <header class="self">
      {you !== undefined && <Avatar peer={you} name={name ?? you} />}
      <h1 class="self-name">
        <bdi>{name ?? "Chats"}</bdi>
      </h1>
      {signOut !== undefined && <IconButton icon="leave" label="Sign out" onClick={signOut} />}
    </header>
  );
}
