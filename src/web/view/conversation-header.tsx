import { useMemo, useState } from "preact/hooks";
import type { Conversation, ConversationStatus } from "../../client/index.ts";
import { sameNamed } from "../addressing/find-people.ts";
import { isInputMethodKey } from "../composing/keys.ts";
import { lastSeenText } from "../reading/days.ts";
import { errorText } from "../reading/error-text.ts";
import { nameOf } from "../reading/person.ts";
import { Avatar } from "./avatar.tsx";
import { useChat } from "./chat-context.ts";
import { IconButton } from "./icon-button.tsx";
import { Modal } from "./modal.tsx";
import { PeerId } from "./peer-id.tsx";
import { useLive } from "./use-live.ts";
import { useMinute } from "./use-minute.ts";

interface HeaderProperties {
  readonly conversation: Conversation;
  readonly status: ConversationStatus;
}

export function ConversationHeader({ conversation, status }: HeaderProperties) {
  const { client, open } = useChat();
  const { peer } = conversation;
  const listed = useLive(client.conversations);
  const hasNamesake = useMemo(() => sameNamed(listed).has(peer), [listed, peer]);
  const name = nameOf(peer, status.profile);
  return (
    <header class="conversation-header">
      <IconButton icon="back" label="Back to the list" class="back" onClick={() => open(undefined)} />
      <Avatar peer={peer} name={name} isOnline={status.peerOnline} />
      <div class="conversation-title">
        <h2>
          <bdi>{name}</bdi>
          {hasNamesake && <PeerId peer={peer} />}
        </h2>
        <p class={status.peerTyping ? "presence typing" : "presence"}>
          <Presence status={status} />
        </p>
      </div>
      <Menu conversation={conversation} status={status} name={name} />
    </header>
  );
}

function Presence({
  status: { isLive, peerTyping, peerOnline, lastSeenMs },
}: Pick<HeaderProperties, "status">) {
  const nowMs = useMinute();
  if (!isLive) {
    return null;
  }
  if (peerTyping) {
    return <>typing…</>;
  }
  if (peerOnline) {
    return <>online</>;
  }
  return <>{lastSeenMs === undefined ? "" : lastSeenText(lastSeenMs, nowMs)}</>;
}

function Menu({ conversation, status, name }: HeaderProperties & { readonly name: string }) {
  const { notify } = useChat();
  const [isOpen, setOpen] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const tellFailure = (error: unknown) => notify(errorText(error));
  const choose = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <div
      class="menu-place"
      data-focus-home="button"
      onFocusOut={({ relatedTarget, currentTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) {
          setOpen(false);
        }
      }}
      onKeyDown={(event) => event.key === "Escape" && !isInputMethodKey(event) && setOpen(false)}
    >
      <IconButton icon="more" label="More" isPressed={isOpen} onClick={() => setOpen(!isOpen)} />
      {isOpen && (
        <div class="menu">
          <button
            type="button"
            onClick={choose(() => void conversation.set({ muted: !status.muted }).catch(tellFailure))}
          >
            {status.muted ? "Unmute" : "Mute"}
          </button>
          <button
            type="button"
            class={status.blocked ? "" : "danger-text"}
            onClick={choose(() =>
              status.blocked ? void conversation.block(false).catch(tellFailure) : setAsking(true),
            )}
          >
            {status.blocked ? "Unblock" : "Block"}
          </button>
        </div>
      )}
      {isAsking && (
        <Modal
          title={`Block ${name}?`}
          text="They can no longer write to you, nor see when you are online or what you have read."
          confirm="Block"
          onConfirm={() => void conversation.block().catch(tellFailure)}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
