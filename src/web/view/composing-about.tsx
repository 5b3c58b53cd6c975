import type { LiveComposing } from "../composing/composing.ts";
import { shownText } from "../reading/message-text.ts";
import { useChat } from "./chat-context.ts";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";

interface AboutProperties {
  readonly composing: LiveComposing;
  readonly name: string;
  /** The message was edited elsewhere since the user began: its newer text stands above the user's own. */
  readonly isSuperseded: boolean;
  readonly cancel: () => void;
}

/** Which message is answered or edited, as it is now. */
export function ComposingAbout({ composing, name, isSuperseded, cancel }: AboutProperties) {
  const { client } = useChat();
  if (composing.kind === "new") {
    return null;
  }
  const { kind, message } = composing;
  const author = message.author === client.you ? "yourself" : name;
  return (
    <div class="about">
      <Icon name={kind} />
      <div class="about-text">
        <span class="about-title">
          {kind === "edit" && (isSuperseded ? "Edited elsewhere meanwhile. It now says:" : "Edit message")}
          {kind === "reply" && (
            <>
              Reply to <bdi>{author}</bdi>
            </>
          )}
        </span>
        <span class="quote-text" dir="auto">
          {message.deletedAt === undefined ? shownText(message.text) : <em>Message deleted</em>}
        </span>
      </div>
      <IconButton icon="close" label="Cancel" onClick={cancel} />
    </div>
  );
}
