import { useState } from "preact/hooks";
import type { ConversationSummary } from "../../client/index.ts";
import { nameOf } from "../reading/person.ts";
import { Avatar } from "./avatar.tsx";
import { useChat } from "./chat-context.ts";
import { ConversationRow } from "./conversation-row.tsx";
import { IconButton } from "./icon-button.tsx";
import { Icon } from "./icon.tsx";
import { useLive } from "./use-live.ts";
import { useMinute } from "./use-minute.ts";

export function Sidebar({ openPeer }: { readonly openPeer: string | undefined }) {
  const { client, open, peerId } = useChat();
  const conversations = useLive(client.conversations);
  const { state } = useLive(client.connection);
  const [typed, setTyped] = useState("");
  const name = typed.trim();
  const shown = conversations.filter((conversation) => isMeant(conversation, name));
  const begin = () => {
    if (name !== "") {
      open(peerId(name));
      setTyped("");
    }
  };
  return (
    <nav class="sidebar" aria-label="Conversations">
      <Self />
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <Icon name="search" />
        <input
          type="search"
          aria-label="Find or begin a conversation"
          placeholder="Find or begin a conversation"
          autocomplete="off"
          dir="auto"
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </form>
      <ConversationListView conversations={shown} openPeer={openPeer} />
      {name !== "" && !conversations.some(({ peer }) => peer === peerId(name)) && (
        <button type="button" class="begin" onClick={begin}>
          <Icon name="plus" />
          <span>
            Write to <bdi>{name}</bdi>
          </span>
        </button>
      )}
      {conversations.length === 0 && name === "" && (
        <p class="list-empty">
          {state === "open" ? "No conversations yet. Type a name above to begin one." : "Loading…"}
        </p>
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
  const { client, ownName, signOut } = useChat();
  useLive(client.connection);
  const { you } = client;
  const name = ownName ?? you;
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

function isMeant({ peer, profile }: ConversationSummary, typed: string): boolean {
  const wanted = typed.toLocaleLowerCase();
  return [peer, nameOf(peer, profile)].some((name) => name.toLocaleLowerCase().includes(wanted));
}
