import { useEffect, useReducer } from "preact/hooks";
import type { Conversation, ConversationMessage, Message } from "../../client/index.ts";
import { findMessage, type Composing } from "../composing/composing.ts";
import type { EditDraft } from "../composing/drafts.ts";
import { mayEditAgain } from "../composing/remedy.ts";
import { errorText } from "../reading/error-text.ts";
import { copyText } from "./copy-text.ts";
import { useChat } from "./chat-context.ts";
import { IconButton } from "./icon-button.tsx";

interface UnsavedProperties {
  readonly conversation: Conversation;
  readonly messages: readonly ConversationMessage[];
  /** The message that is being edited now. */
  readonly editedSeq: number | undefined;
  readonly setComposing: (composing: Composing) => void;
}

/** Edits that were typed and are not saved: left for something else, or refused by the server. */
export function UnsavedEdits({ conversation, messages, editedSeq, setComposing }: UnsavedProperties) {
  const { drafts } = useChat();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => drafts.subscribe(() => draw(undefined)), [drafts]);
  const edits = drafts.edits(conversation.peer).filter(({ seq }) => seq !== editedSeq);
  return (
    <div class="unsaved-edits" role="status">
      {edits.map((edit) => (
        <UnsavedEdit key={edit.seq} {...{ conversation, messages, edit, setComposing }} />
      ))}
    </div>
  );
}

interface UnsavedEditProperties extends Omit<UnsavedProperties, "editedSeq"> {
  readonly edit: EditDraft;
}

function UnsavedEdit({ conversation, messages, edit, setComposing }: UnsavedEditProperties) {
  const { drafts, notify } = useChat();
  const { peer } = conversation;
  const { seq, text, code } = edit;
  const message = findMessage(messages, edit);
  // A message far above may not be loaded: then it is edited where it is shown.
  const isGone = message?.deletedAt !== undefined || !mayEditAgain(code);
  const sendAsNew = () => {
    drafts.dropEdit(peer, seq);
    conversation.send(text).catch(() => {});
  };
  return (
    <section class="unsaved-edit" aria-label="Unsaved edit">
      <div class="about-text">
        <span class="about-title">{reasonText(edit, message)}</span>
        {code === "superseded" && message !== undefined && !isGone && (
          <span class="quote-text" dir="auto">
            Now: {message.text}
          </span>
        )}
        <span class="quote-text" dir="auto">
          {code === "superseded" && "Yours: "}
          {text}
        </span>
      </div>
      {isGone ? (
        <button type="button" class="button" onClick={sendAsNew}>
          Send as a new message
        </button>
      ) : (
        message !== undefined && (
          <button type="button" class="button" onClick={() => setComposing({ kind: "edit", message })}>
            Edit again
          </button>
        )
      )}
      <IconButton icon="copy" label="Copy your text" onClick={() => copyText(text, notify)} />
      <IconButton icon="close" label="Discard your text" onClick={() => drafts.dropEdit(peer, seq)} />
    </section>
  );
}

function reasonText({ code }: EditDraft, message: Message | undefined): string {
  if (message?.deletedAt !== undefined) {
    return "Your edit was not saved. This message was deleted.";
  }
  return code === undefined ? "Unsaved edit" : `Your edit was not saved. ${errorText({ code })}`;
}
