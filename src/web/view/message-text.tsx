import { isEmojiOnly } from "../reading/emoji-only.ts";
import { findLinks } from "../reading/links.ts";
import { isVisible, shownText } from "../reading/message-text.ts";

/** What somebody wrote: text nodes and links, never HTML. Each text has the direction of its own first letter. */
export function MessageText({ text }: { readonly text: string }) {
  if (!isVisible(text)) {
    return <div class="text deleted">{shownText(text)}</div>;
  }
  return (
    <div class={isEmojiOnly(text) ? "text large" : "text"} dir="auto">
      {findLinks(text).map((part) =>
        part.href === undefined ? (
          part.text
        ) : (
          <a href={part.href} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
        ),
      )}
    </div>
  );
}
