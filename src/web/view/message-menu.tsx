import { useState } from "preact/hooks";
import { isVisible } from "../reading/message-text.ts";
import { IconButton } from "./icon-button.tsx";
import type { MessageRowProperties } from "./message-row-properties.ts";

const quickEmoji = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** What can be done with the message that the reader is at. */
export function MessageMenu(properties: MessageRowProperties) {
  const { message, you, actions } = properties;
  const [isPicking, setPicking] = useState(false);
  const { seq } = message;
  if (seq === undefined || message.deletedAt !== undefined) {
    return null;
  }
  const has = (emoji: string) => you !== undefined && (message.reactions?.[emoji]?.includes(you) ?? false);
  return (
    <div class={isPicking ? "message-menu picking" : "message-menu"} role="toolbar" aria-label="Message">
      {isPicking &&
        quickEmoji.map((emoji) => (
          <button
            key={emoji}
            type="button"
            class="pick"
            aria-label={`React with ${emoji}`}
            aria-pressed={has(emoji)}
            onClick={() => {
              setPicking(false);
              actions.react(seq, emoji, !has(emoji));
            }}
          >
            <span class="emoji">{emoji}</span>
          </button>
        ))}
      <IconButton
        icon={isPicking ? "close" : "react"}
        label={isPicking ? "Close" : "React"}
        isPressed={isPicking}
        onClick={() => setPicking(!isPicking)}
      />
      {!isPicking && <Actions {...properties} />}
    </div>
  );
}

function Actions({ message, isOwn, actions }: MessageRowProperties) {
  const { text } = message;
  return (
    <>
      <IconButton icon="reply" label="Reply" onClick={() => actions.reply(message)} />
      {isVisible(text) && <IconButton icon="copy" label="Copy text" onClick={() => actions.copy(text)} />}
      {isOwn && <IconButton icon="edit" label="Edit" onClick={() => actions.edit(message)} />}
      {isOwn && <IconButton icon="delete" label="Delete" onClick={() => actions.delete(message)} />}
    </>
  );
}
