import { shownText } from "../reading/message-text.ts";
import type { Composing } from "./composer.tsx";
import { useChat } from "./chat-context.ts";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";

interface AboutProperties {
  readonly composing: Composing;
  readonly name: string;
  readonly cancel: () => void;
}

/** Which message is answered or edited. */
export function ComposingAbout({ composing, name, cancel }: AboutProperties) {
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
          {kind === "edit" ? "Edit message" : "Reply to "}
          {kind === "reply" && <bdi>{author}</bdi>}
        </span>
        <span class="quote-text" dir="auto">
          {shownText(message.text)}
        </span>
      </div>
      <IconButton icon="close" label="Cancel" onClick={cancel} />
    </div>
  );
}
