import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Client } from "../../client/index.ts";
import type { Drafts } from "../composing/drafts.ts";
import { findMessage } from "../composing/composing.ts";
import { errorText } from "../reading/error-text.ts";
import { Announcer } from "./announcer.tsx";
import { Boundary } from "./boundary.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { chatContext, type ChatContext } from "./chat-context.ts";
import { BrokenPart } from "./failed.tsx";
import { Notice, useNotice } from "./notice.tsx";
import { PeerPane } from "./peer-pane.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Welcome } from "./welcome.tsx";

export interface ChatProperties extends Omit<ChatContext, "notify"> {
  readonly peer: string | undefined;
  /** The chat is the page: errors that nothing handled are reported here. */
  readonly ownsPage: boolean;
}

export function Chat({ peer, ownsPage, ...given }: ChatProperties) {
  const { client, drafts } = given;
  const { notice, notify } = useNotice();
  const context = useMemo<ChatContext>(() => ({ ...given, notify }), [...Object.values(given), notify]);
  useRefusedEdits(peer, client, drafts, notify);
  useUncaughtErrors(ownsPage, notify);
  // Other trouble shows where it matters: in the banner.
  useEffect(
    () => client.on("trouble", (error) => error.code === "storage" && notify(errorText(error))),
    [client, notify],
  );
  return (
    <chatContext.Provider value={context}>
      <div
        class={peer === undefined ? "chat" : "chat has-conversation"}
        data-focus-home="[role=log], .sidebar"
      >
        <ConnectionBanner />
        <Boundary of={peer} fallback={(retry) => <BrokenList retry={retry} />}>
          <Sidebar openPeer={peer} />
        </Boundary>
        <main class="pane">{peer === undefined ? <Welcome /> : <PeerPane peer={peer} />}</main>
        <Notice notice={notice} />
        <Announcer />
      </div>
    </chatContext.Provider>
  );
}

function BrokenList({ retry }: { readonly retry: () => void }) {
  return (
    <nav class="sidebar" aria-label="Conversations">
      <BrokenPart retry={retry} />
    </nav>
  );
}

/** An edit that the server refused becomes a draft again, whichever conversation is open, also after a reload. */
function useRefusedEdits(
  openPeer: string | undefined,
  client: Client,
  drafts: Drafts,
  notify: (text: string) => void,
): void {
  const open = useRef(openPeer);
  open.current = openPeer;
  useEffect(
    () =>
      client.on("refused", ({ peer, frame, error }) => {
        if (frame.type === "edit") {
          const { seq, text, after = 0 } = frame;
          const id = findMessage(client.conversation(peer).messages.value, { seq })?.id;
          drafts.addRefusedEdit(peer, {
            seq,
            text,
            after,
            code: error.code,
            ...(id !== undefined && { id }),
          });
          if (peer !== open.current) {
            // The open conversation shows it above the field.
            notify(`Your edit was not saved. ${errorText(error)}`);
          }
        }
      }),
    [client, drafts, notify],
  );
}

/** An exception in an event handler leaves the page as it is; the user hears that what they asked for did not happen. */
function useUncaughtErrors(ownsPage: boolean, notify: (text: string) => void): void {
  useEffect(() => {
    // Browsers report their own notes about layout as errors too, without an exception.
    const onError = ({ error }: ErrorEvent) => error instanceof Error && notify(errorText(error));
    const onRejection = () => notify(errorText(undefined));
    if (ownsPage) {
      window.addEventListener("error", onError);
      window.addEventListener("unhandledrejection", onRejection);
    }
    return () => {
      window.removeEventListener("error", onError);
      window.removeEventListener("unhandledrejection", onRejection);
    };
  }, [ownsPage, notify]);
}
