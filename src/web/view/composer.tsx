import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, ConversationMessage, ConversationStatus } from "../../client/index.ts";
import { errorText } from "../reading/error-text.ts";
import { textToSend } from "../reading/typed-text.ts";
import { useChat } from "./chat-context.ts";
import { ComposingAbout } from "./composing-about.tsx";
import { IconButton } from "./icon-button.tsx";

export type Composing =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "edit"; readonly message: ConversationMessage };

interface ComposerProperties {
  readonly conversation: Conversation;
  readonly status: ConversationStatus;
  readonly name: string;
  readonly composing: Composing;
  readonly setComposing: (composing: Composing) => void;
  readonly lastOwn: () => ConversationMessage | undefined;
  readonly onSent: () => void;
}

export function Composer(properties: ComposerProperties) {
  const { conversation, status, name } = properties;
  const { notify } = useChat();
  if (status.blocked) {
    return (
      <div class="composer blocked">
        <p>
          You blocked <bdi>{name}</bdi>.
        </p>
        <button
          type="button"
          class="button"
          onClick={() => void conversation.block(false).catch((error: unknown) => notify(errorText(error)))}
        >
          Unblock
        </button>
      </div>
    );
  }
  return <WritingPlace {...properties} />;
}

function WritingPlace(properties: ComposerProperties) {
  const { conversation, name, composing, setComposing, lastOwn } = properties;
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, write, submit } = useWriting(properties);
  useLayoutEffect(() => fit(field.current), [text]);
  useLayoutEffect(() => field.current?.focus(), [composing]);
  const keyDown = (event: KeyboardEvent) => {
    const act = actOf(event);
    if (act !== undefined) {
      event.preventDefault();
      act();
    }
  };
  const actOf = (event: KeyboardEvent): (() => void) | undefined => {
    const { key } = event;
    const isNew = composing.kind === "new";
    const message = key === "ArrowUp" && isNew && text === "" ? lastOwn() : undefined;
    if (message !== undefined) {
      return () => setComposing({ kind: "edit", message });
    }
    if (key === "Escape" && !isNew) {
      return () => setComposing({ kind: "new" });
    }
    return endsMessage(event) ? submit : undefined;
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ComposingAbout composing={composing} name={name} cancel={() => setComposing({ kind: "new" })} />
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label={`Message to ${name}`}
        placeholder="Message"
        value={text}
        onInput={({ currentTarget }) => write(currentTarget.value)}
        onBlur={() => conversation.typing(false)}
        onKeyDown={keyDown}
      />
      <IconButton
        icon="send"
        label={composing.kind === "edit" ? "Save" : "Send"}
        class="send"
        isSubmit
        isDisabled={text.trim() === ""}
      />
    </form>
  );
}

/** The text of a new message is kept as a draft; that of an edit is not. */
function useWriting({ conversation, composing, setComposing, onSent }: ComposerProperties) {
  const { drafts, notify } = useChat();
  const [draft, setDraft] = useState(() => drafts.get(conversation.peer));
  const [edited, setEdited] = useState("");
  const isEdit = composing.kind === "edit";
  useLayoutEffect(() => setEdited(isEdit ? composing.message.text : ""), [composing]);
  const write = (value: string) => {
    if (isEdit) {
      setEdited(value);
      return;
    }
    setDraft(value);
    drafts.set(conversation.peer, value);
    conversation.typing(value.trim() !== "");
  };
  const submit = () => {
    const text = textToSend(isEdit ? edited : draft);
    if (text === "") {
      return;
    }
    if (isEdit) {
      conversation.edit(composing.message.seq ?? 0, text).catch((error: unknown) => notify(errorText(error)));
    } else {
      const replyTo = composing.kind === "reply" ? composing.message.seq : undefined;
      // A send that fails is shown where it stands.
      conversation.send({ text, ...(replyTo !== undefined && { replyTo }) }).catch(() => {});
      setDraft("");
      drafts.set(conversation.peer, "");
      onSent();
    }
    setComposing({ kind: "new" });
  };
  return { text: isEdit ? edited : draft, write, submit };
}

/** As high as its text; the style sheet says how high at most. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field !== null) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
}

/** While an input method composes a word, Enter ends the word; on a keyboard of glass it is the only way to a new line. */
function endsMessage({ key, shiftKey, isComposing }: KeyboardEvent): boolean {
  return key === "Enter" && !shiftKey && !isComposing && !matchMedia("(pointer: coarse)").matches;
}
