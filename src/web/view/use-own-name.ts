import { useEffect, useState } from "preact/hooks";
import { useChat } from "./chat-context.ts";

/** What the user is called: what the page was told, else what the server knows; undefined before both. */
export function useOwnName(): string | undefined {
  const { client, ownName } = useChat();
  const [known, setKnown] = useState<string>();
  const { you } = client;
  useEffect(() => {
    if (ownName === undefined && you !== undefined) {
      // Where it fails the id is shown.
      client.user(you).then(
        ({ name }) => setKnown(name),
        () => {},
      );
    }
  }, [client, ownName, you]);
  return ownName ?? known;
}
