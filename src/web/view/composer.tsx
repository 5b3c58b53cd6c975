import { useLayoutEffect, useRef } from "preact/hooks";
import type { ConversationMessage, ConversationStatus } from "../../client/index.ts";
import { lastEditable } from "../composing/composing.ts";
import { isInputMethodKey } from "../composing/keys.ts";
import { roomText, type TextRoom } from "../composing/text-limit.ts";
import { errorText } from "../reading/error-text.ts";
import { isTouchDevice } from "../reading/touch-device.ts";
import { useChat } from "./chat-context.ts";
import { ComposingAbout } from "./composing-about.tsx";
import { IconButton } from "./icon-button.tsx";
import { UnsavedEdits } from "./unsaved-edits.tsx";
import { useWriting, type WritingProperties } from "./use-writing.ts";

interface ComposerProperties extends WritingProperties {
  readonly status: ConversationStatus;
  readonly name: string;
  readonly messages: readonly ConversationMessage[];
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
  const { client } = useChat();
  const { conversation, name, composing, setComposing, messages } = properties;
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, write, submit, room, edit, setInputMethod } = useWriting(properties);
  useLayoutEffect(() => fit(field.current), [text]);
  const about = composing.kind === "new" ? undefined : composing.message.seq;
  const isOpening = useRef(true);
  useLayoutEffect(() => {
    if (!isOpening.current || !isTouchDevice()) {
      field.current?.focus();
    }
    isOpening.current = false;
  }, [composing.kind, about]);
  const keyDown = (event: KeyboardEvent) => {
    const act = isInputMethodKey(event) ? undefined : actOf(event);
    if (act !== undefined) {
      event.preventDefault();
      act();
    }
  };
  const actOf = (event: KeyboardEvent): (() => void) | undefined => {
    const { key } = event;
    const isNew = composing.kind === "new";
    const message =
      key === "ArrowUp" && isNew && text === "" ? lastEditable(messages, client.you) : undefined;
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
      <UnsavedEdits conversation={conversation} editedSeq={edit?.seq} {...{ messages, setComposing }} />
      <ComposingAbout
        composing={composing}
        name={name}
        isSuperseded={edit?.code === "superseded"}
        cancel={() => setComposing({ kind: "new" })}
      />
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label={`Message to ${name}`}
        aria-describedby="composer-note"
        aria-invalid={room.tooMany > 0}
        placeholder="Message"
        value={text}
        onInput={({ currentTarget }) => write(currentTarget.value)}
        onCompositionStart={() => setInputMethod(true)}
        onCompositionEnd={() => setInputMethod(false)}
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
      <Note room={room} hasText={text !== ""} />
    </form>
  );
}

/** What stands below the field: how much still fits, and whether the text would survive a reload. */
function Note({ room, hasText }: { readonly room: TextRoom; readonly hasText: boolean }) {
  const { drafts } = useChat();
  const isTooLong = room.tooMany > 0;
  const ofRoom = roomText(room);
  const isShown = ofRoom !== undefined || (hasText && drafts.hasRefused);
  return (
    <p id="composer-note" class={isTooLong ? "composer-note too-long" : "composer-note"} hidden={!isShown}>
      {hasText && drafts.hasRefused && "Your browser does not keep this text over a reload. "}
      {ofRoom}
    </p>
  );
}

/** As high as its text; the style sheet says how high at most. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field !== null) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
}

/** On a touch screen Enter is the only way to a new line. */
function endsMessage({ key, shiftKey }: KeyboardEvent): boolean {
  return key === "Enter" && !shiftKey && !isTouchDevice();
}
