import { useEffect, useReducer } from "preact/hooks";
import type { ConversationSummary } from "../../client/index.ts";
import { listTimeText } from "../reading/days.ts";
import { shownText } from "../reading/message-text.ts";
import { nameOf } from "../reading/person.ts";
import { Avatar } from "./avatar.tsx";
import { useChat } from "./chat-context.ts";
import { Icon } from "./icon.tsx";
import { memo } from "./memo.tsx";
import { PeerId } from "./peer-id.tsx";

interface RowProperties {
  readonly summary: ConversationSummary;
  readonly you: string | undefined;
  readonly isOpen: boolean;
  /** Somebody else has the same name. */
  readonly showsId: boolean;
  readonly nowMs: number;
}

export const ConversationRow = memo(function ConversationRow(properties: RowProperties) {
  const { summary, you, isOpen, nowMs } = properties;
  const { open } = useChat();
  const { peer, profile, unread, last, muted, peerOnline = false } = summary;
  const name = nameOf(peer, profile);
  return (
    <li>
      <button
        type="button"
        class={unread > 0 ? "conversation unread" : "conversation"}
        aria-current={isOpen ? "true" : undefined}
        onClick={() => open(peer)}
      >
        <Avatar peer={peer} name={name} isOnline={peerOnline} />
        <Name {...properties} name={name} />
        {last !== undefined && <time class="conversation-time">{listTimeText(last.createdAt, nowMs)}</time>}
        <Preview summary={summary} you={you} isOpen={isOpen} />
        {unread > 0 && (
          <span class={muted ? "badge muted" : "badge"}>
            {unread > 99 ? "99+" : unread}
            <span class="unseen"> unread</span>
          </span>
        )}
      </button>
    </li>
  );
});

function Name({ summary, showsId, name }: RowProperties & { readonly name: string }) {
  const { peer, muted, peerOnline = false } = summary;
  return (
    <span class="conversation-name">
      <bdi>{name}</bdi>
      {showsId && <PeerId peer={peer} />}
      {muted && <Icon name="mute" />}
      {peerOnline && <span class="unseen">, online</span>}
    </span>
  );
}

function Preview({
  summary: { peer, last, blocked },
  you,
  isOpen,
}: Omit<RowProperties, "nowMs" | "showsId">) {
  const { drafts } = useChat();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => drafts.subscribe(() => draw(undefined)), [drafts]);
  const draft = isOpen ? "" : drafts.get(peer);
  if (draft !== "") {
    return (
      <span class="preview">
        <span class="draft">Draft: </span>
        <bdi>{draft}</bdi>
      </span>
    );
  }
  if (blocked) {
    return <span class="preview quiet">Blocked</span>;
  }
  if (last === undefined) {
    return <span class="preview quiet">No messages yet</span>;
  }
  return (
    <span class="preview">
      {last.author === you && "You: "}
      {last.deleted ? <em>Message deleted</em> : <bdi>{shownText(last.text)}</bdi>}
    </span>
  );
}
