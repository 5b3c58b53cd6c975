import { useEffect, useState } from "preact/hooks";
import { askDirectory } from "../addressing/directory.ts";
import type { Directory } from "../addressing/find-people.ts";
import { peerFault } from "../addressing/user-id.ts";
import { Boundary } from "./boundary.tsx";
import { useChat } from "./chat-context.ts";
import { ConversationPane } from "./conversation-pane.tsx";
import { BrokenPart, Failed } from "./failed.tsx";
import { useLive } from "./use-live.ts";

/** The conversation that the address names, or a sentence that says why there is none. */
export function PeerPane({ peer }: { readonly peer: string }) {
  const { client, you } = useChat();
  useLive(client.connection);
  const fault = peerFault(peer, client.you ?? you);
  return fault === undefined ? <Addressed key={peer} peer={peer} /> : <NoConversation text={fault} />;
}

function Addressed({ peer }: { readonly peer: string }) {
  const { openInstead } = useChat();
  const person = usePerson(peer);
  const id = person?.kind === "known" ? person.id : peer;
  useEffect(() => {
    if (id !== peer) {
      // An alias: the conversation is that with its user.
      openInstead(id);
    }
  }, [id]);
  if (person?.kind === "unknown" && !person.mayWrite) {
    return <NoConversation text={`Nobody with the id “${peer}” is known here.`} />;
  }
  return (
    <Boundary fallback={(retry) => <BrokenPart retry={retry} children={<BackToList />} />}>
      <ConversationPane peer={peer}>
        {person?.kind === "unknown" && (
          <p class="unknown-person" role="status">
            Nobody with the id <bdi>“{peer}”</bdi> is known here. What you write reaches only somebody who
            signs in with exactly this id.
          </p>
        )}
      </ConversationPane>
    </Boundary>
  );
}

/** Who a peer is whom the list does not have; undefined if it has them, or nothing is known. */
function usePerson(peer: string): Directory | undefined {
  const { client } = useChat();
  const { state } = useLive(client.connection);
  const isListed = useLive(client.conversations).some((conversation) => conversation.peer === peer);
  const [person, setPerson] = useState<Directory>();
  const mustAsk = state === "open" && !isListed && person === undefined;
  useEffect(() => {
    let isWanted = true;
    if (mustAsk) {
      void askDirectory(client, peer).then((answer) => {
        // What could not be asked is asked again when the connection is back.
        if (isWanted && answer.kind !== "unchecked") {
          setPerson(answer);
        }
      });
    }
    return () => {
      isWanted = false;
    };
  }, [client, peer, mustAsk]);
  return isListed ? undefined : person;
}

function NoConversation({ text }: { readonly text: string }) {
  return (
    <Failed title="This conversation cannot be opened" text={text}>
      <BackToList />
    </Failed>
  );
}

function BackToList() {
  const { open } = useChat();
  return (
    <button type="button" class="button" onClick={() => open(undefined)}>
      Back to the list
    </button>
  );
}
