import { render } from "preact";
import { createClient, indexedDbStorage, type Client } from "../client/index.ts";
import { safeStorage } from "./browser-storage.ts";
import { Drafts, memoryDrafts } from "./composing/drafts.ts";
import { Boundary } from "./view/boundary.tsx";
import { Chat } from "./view/chat.tsx";
import { BrokenPart } from "./view/failed.tsx";
import { keepFocus } from "./view/keep-focus.ts";

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
  /** `token` always returns the same one: when it is refused, only your app can help, and the chat says so. */
  readonly isTokenFixed?: boolean;
  /** The conversation to begin with. */
  readonly peer?: string;
  /** The user opened another conversation, or went back to the list. `isInstead`: by another name of the one that was open. */
  readonly onPeer?: (peer: string | undefined, isInstead: boolean) => void;
  /** Unread messages over all conversations but the muted ones, each time they change. */
  readonly onUnread?: (messages: number) => void;
  /** What "Sign out" does; without it there is no such button. */
  readonly onSignOut?: () => void;
  /** The id of whom the user means by the name they typed. Without it: what they typed. */
  readonly peerId?: (typed: string) => string;
  /** The chat is the whole page: it reports errors that nothing handled to the user. */
  readonly ownsPage?: boolean;
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
  const {
    url,
    token,
    user,
    name,
    isTokenFixed = false,
    onPeer,
    onUnread,
    onSignOut,
    peerId = (typed: string) => typed,
  } = options;
  const client = createClient({
    url,
    token,
    ...(user !== undefined && { storage: indexedDbStorage(`pairline.${url}.${user}`) }),
  });
  const drafts = user === undefined ? memoryDrafts() : sharedDrafts(user);
  const endUnread = client.conversations.subscribe(() => onUnread?.(unmutedMessages(client)));
  const openByUser = (peer: string | undefined, isInstead: boolean) => {
    show(peer);
    onPeer?.(peer, isInstead);
  };
  const open = (peer: string | undefined) => openByUser(peer, false);
  const openInstead = (peer: string) => openByUser(peer, true);
  const show = (peer: string | undefined) =>
    render(
      <Boundary of={peer} fallback={(retry) => <BrokenChat retry={retry} />}>
        <Chat
          {...{ client, drafts, peer, open, openInstead, peerId, isTokenFixed }}
          you={user}
          ownName={name}
          signOut={onSignOut}
          ownsPage={options.ownsPage ?? false}
        />
      </Boundary>,
      element,
    );
  show(options.peer);
  const endFocus = keepFocus(element);
  return {
    open: show,
    unmount() {
      endUnread();
      drafts.close();
      endFocus();
      render(null, element);
      client.close();
    },
  };
}

/** Drafts that the user's other tabs read and write too. */
function sharedDrafts(user: string): Drafts {
  return new Drafts(
    safeStorage(() => localStorage),
    user,
    (onChange) => {
      // Without a key all of the storage was cleared: what is typed stays in the field.
      const listen = ({ key }: StorageEvent) => key !== null && onChange(key);
      window.addEventListener("storage", listen);
      return () => window.removeEventListener("storage", listen);
    },
  );
}

function BrokenChat({ retry }: { readonly retry: () => void }) {
  return (
    <div class="chat alone">
      <BrokenPart retry={retry} />
    </div>
  );
}
