import { useEffect, useMemo } from "preact/hooks";
import type { Client } from "../../client/index.ts";
import type { Drafts } from "../reading/drafts.ts";
import { errorText } from "../reading/error-text.ts";
import { Announcer } from "./announcer.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { chatContext, type ChatContext } from "./chat-context.ts";
import { ConversationPane } from "./conversation-pane.tsx";
import { Notice, useNotice } from "./notice.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Welcome } from "./welcome.tsx";

export interface ChatProperties {
  readonly client: Client;
  readonly drafts: Drafts;
  readonly ownName: string | undefined;
  readonly peer: string | undefined;
  readonly open: (peer: string | undefined) => void;
  readonly peerId: (typed: string) => string;
  readonly signOut: (() => void) | undefined;
}

export function Chat({ client, drafts, ownName, peer, open, peerId, signOut }: ChatProperties) {
  const { notice, notify } = useNotice();
  const context = useMemo<ChatContext>(
    () => ({ client, drafts, ownName, open, peerId, signOut, notify }),
    [client, drafts, ownName, open, peerId, signOut, notify],
  );
  // Other trouble shows where it matters: in the banner.
  useEffect(
    () => client.on("trouble", (error) => error.code === "storage" && notify(errorText(error))),
    [client, notify],
  );
  return (
    <chatContext.Provider value={context}>
      <div class={peer === undefined ? "chat" : "chat has-conversation"}>
        <ConnectionBanner />
        <Sidebar openPeer={peer} />
        <main class="pane">
          {peer === undefined ? <Welcome /> : <ConversationPane key={peer} peer={peer} />}
        </main>
        <Notice notice={notice} />
        <Announcer />
      </div>
    </chatContext.Provider>
  );
}
