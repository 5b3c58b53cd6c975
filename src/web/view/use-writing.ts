import { useEffect, useMemo } from "preact/hooks";
import type { Conversation } from "../../client/index.ts";
import type { Composing, LiveComposing } from "../composing/composing.ts";
import type { EditDraft } from "../composing/drafts.ts";
import { roomText, textRoom, type TextRoom } from "../composing/text-limit.ts";
import { textToSend } from "../reading/typed-text.ts";
import { useChat } from "./chat-context.ts";
import { tellWaiting } from "./tell-waiting.ts";
import { useSharedText, type SharedText, type TextSource } from "./use-shared-text.ts";

export interface WritingProperties {
  readonly conversation: Conversation;
  readonly composing: LiveComposing;
  readonly setComposing: (composing: Composing) => void;
  readonly onSent: () => void;
}

export interface Writing extends SharedText {
  readonly submit: () => void;
  readonly room: TextRoom;
  /** The edit's draft, if something was typed. */
  readonly edit: EditDraft | undefined;
}

/** The text in the field: a draft of a new message, or of an edit of one message. */
export function useWriting({ conversation, composing, setComposing, onSent }: WritingProperties): Writing {
  const { client, drafts, notify } = useChat();
  const { peer } = conversation;
  const edited = composing.kind === "edit" ? composing.message : undefined;
  const edit = edited && drafts.edit(peer, edited.seq);
  const source = useTextSource(conversation, composing);
  const shared = useSharedText(source);
  const room = textRoom(textToSend(shared.text), client.limits.maxTextBytes);
  useEffect(() => () => conversation.typing(false), [conversation]);

  const saveEdit = (text: string, { seq, rev, text: shown }: NonNullable<typeof edited>) => {
    drafts.dropEdit(peer, seq);
    if (text !== shown) {
      // The user has seen a newer text beside theirs, or the text is still the one that they began with.
      const after = edit === undefined || edit.code === "superseded" ? rev : edit.after;
      // What is refused comes back as a draft, by the client's `refused`.
      conversation.edit(seq, text, { after }).catch(() => {});
      tellWaiting({ client, notify });
    }
  };
  const send = (text: string) => {
    const replyTo = composing.kind === "reply" ? composing.message.seq : undefined;
    // A send that fails is shown in its place.
    conversation.send({ text, ...(replyTo !== undefined && { replyTo }) }).catch(() => {});
    shared.write("");
    onSent();
  };
  const submit = () => {
    const text = textToSend(shared.text);
    if (text === "") {
      return;
    }
    if (room.tooMany > 0) {
      notify(roomText(room) ?? "");
    } else if (shared.isOutdated()) {
      notify("Another tab sent or changed this text. Look at it again, then press Enter to send it.");
    } else {
      if (edited === undefined) {
        send(text);
      } else {
        saveEdit(text, edited);
      }
      setComposing({ kind: "new" });
    }
  };
  return { ...shared, submit, room, edit };
}

function useTextSource(conversation: Conversation, composing: LiveComposing): TextSource {
  const { drafts } = useChat();
  const { peer } = conversation;
  const subscribe = useMemo(() => (listener: () => void) => drafts.subscribe(listener), [drafts]);
  if (composing.kind !== "edit") {
    return {
      key: "new",
      get: () => drafts.get(peer),
      set: (text) => {
        drafts.set(peer, text);
        conversation.typing(text.trim() !== "");
      },
      subscribe,
    };
  }
  const { seq, id, rev, text: shown } = composing.message;
  return {
    key: `edit ${seq} ${id}`,
    get: () => drafts.edit(peer, seq)?.text ?? shown,
    set: (text) => {
      if (text.trim() === "" || text === shown) {
        drafts.dropEdit(peer, seq);
      } else {
        const { after = rev, code } = drafts.edit(peer, seq) ?? {};
        drafts.setEdit(peer, { seq, id, text, after, ...(code !== undefined && { code }) });
      }
    },
    subscribe,
  };
}
