import { render } from "preact";
import { createClient, indexedDbStorage, type Client } from "../client/index.ts";
import { Drafts, memoryDraftStorage } from "./reading/drafts.ts";
import { Chat } from "./view/chat.tsx";

export interface ChatOptions {
  /** Where the Worker is: `https://dm.example.com`. */
  readonly url: string;
  /** A token of your identity service. Called when there is none that is still good. */
  readonly token: () => Promise<string>;
  /**
   * The id of the user whom the token names. With it, drafts and what waits to be sent are kept on this device over a
   * reload, for that user alone; without it, as long as the chat is mounted.
   */
  readonly user?: string;
  /** What the user is called; their id without it. */
  readonly name?: string;
  /** The conversation to begin with. */
  readonly peer?: string;
  /** The user opened another conversation, or went back to the list. */
  readonly onPeer?: (peer: string | undefined) => void;
  /** Unread messages over all conversations but the muted ones, each time they change. */
  readonly onUnread?: (messages: number) => void;
  /** What "Sign out" does; without it there is no such button. */
  readonly onSignOut?: () => void;
  /** The id of whom the user means by the name they typed. Without it: what they typed. */
  readonly peerId?: (typed: string) => string;
}

export interface MountedChat {
  /** Opens a conversation, or the list alone. */
  open(peer?: string): void;
  /** Takes the chat out of the page and closes its connection. */
  unmount(): void;
}

function unmutedMessages({ conversations: { unread } }: Client): number {
  return unread.messages - (unread.mutedMessages ?? 0);
}

/** Puts a chat into an element of a page, which it fills. */
export function mountChat(element: HTMLElement, options: ChatOptions): MountedChat {
  const { url, token, user, name, onPeer, onUnread, onSignOut, peerId = (typed: string) => typed } = options;
  const client = createClient({
    url,
    token,
    ...(user !== undefined && { storage: indexedDbStorage(`pairline.${url}.${user}`) }),
  });
  const drafts = new Drafts(user === undefined ? memoryDraftStorage() : localStorage, user ?? "");
  const endUnread = client.conversations.subscribe(() => onUnread?.(unmutedMessages(client)));
  const openByUser = (peer: string | undefined) => {
    show(peer);
    onPeer?.(peer);
  };
  const show = (peer: string | undefined) =>
    render(
      <Chat
        client={client}
        drafts={drafts}
        ownName={name}
        peer={peer}
        open={openByUser}
        peerId={peerId}
        signOut={onSignOut}
      />,
      element,
    );
  show(options.peer);
  return {
    open: show,
    unmount() {
      endUnread();
      render(null, element);
      client.close();
    },
  };
}
