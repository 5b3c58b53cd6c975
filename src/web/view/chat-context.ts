import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../../client/index.ts";
import type { Drafts } from "../composing/drafts.ts";

export interface ChatContext {
  readonly client: Client;
  readonly drafts: Drafts;
  /** What the user is called, where that is not their id. */
  readonly ownName: string | undefined;
  /** The user's id where the app named it: known before the server says `client.you`. */
  readonly you: string | undefined;
  /** Opens a conversation; undefined shows the list alone. */
  readonly open: (peer: string | undefined) => void;
  /** The same in the place of the one that is open: "back" does not lead there again. */
  readonly openInstead: (peer: string) => void;
  /** The id of whom the user means by what they typed. */
  readonly peerId: (typed: string) => string;
  /** The token never changes: when it is refused only the app can help. */
  readonly isTokenFixed: boolean;
  readonly signOut: (() => void) | undefined;
  /** Tells the user something for a moment. */
  readonly notify: (text: string) => void;
}

export const chatContext = createContext<ChatContext | undefined>(undefined);

export function useChat(): ChatContext {
  const context = useContext(chatContext);
  if (context === undefined) {
    throw new Error("not inside of a chat");
  }
  return context;
}
