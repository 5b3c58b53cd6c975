import { useEffect, useState } from "preact/hooks";
import { nameOf } from "../reading/person.ts";
import { useChat } from "./chat-context.ts";

/** Tells screen readers each message that comes, whichever conversation is open. */
export function Announcer() {
  const { client } = useChat();
  const [text, setText] = useState("");
  useEffect(
    () =>
      client.on("message", ({ peer, message, isNew }) => {
        if (isNew && message.author !== client.you) {
          setText(`${nameOf(peer, client.conversation(peer).status.value.profile)}: ${message.text}`);
        }
      }),
    [client],
  );
  return (
    <div class="unseen" aria-live="polite" data-announcer>
      {text}
    </div>
  );
}
