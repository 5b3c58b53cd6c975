import { deliveryOf, type PairlineError, type PendingMessage } from "../../client/index.ts";
import { mayTryAgain } from "../composing/remedy.ts";
import { clockText, fullTimeText } from "../reading/days.ts";
import { errorText } from "../reading/error-text.ts";
import { DeliveryMark } from "./delivery-mark.tsx";
import { MessageMenu } from "./message-menu.tsx";
import { MessageText } from "./message-text.tsx";
import { QuoteView } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import type { MessageRowProperties } from "./message-row-properties.ts";

export function MessageRow(properties: MessageRowProperties) {
  const { rowKey, message, isOwn, isActive, name, actions } = properties;
  const time = clockText(message.createdAt);
  return (
    <article
      class={rowClass(properties)}
      data-row={rowKey}
      data-seq={message.seq}
      tabIndex={-1}
      aria-label={`${isOwn ? "You" : name}, ${time}`}
      onFocusIn={() => actions.activate(rowKey)}
      onPointerEnter={({ pointerType }) => pointerType === "mouse" && actions.activate(rowKey)}
    >
      <div class="bubble">
        <Answered {...properties} />
        <Body message={message} />
        <Footer {...properties} time={time} />
        {isActive && <MessageMenu {...properties} />}
      </div>
      {message.seq !== undefined && message.reactions !== undefined && (
        <Reactions {...properties} seq={message.seq} reactions={message.reactions} />
      )}
      {message.seq === undefined && message.error !== undefined && (
        <Failed message={message} error={message.error} actions={actions} />
      )}
    </article>
  );
}

function Answered({ message, you, name, actions }: MessageRowProperties) {
  const { replyTo } = message;
  if (message.seq === undefined || message.quote === undefined || replyTo === undefined) {
    return null;
  }
  const author = message.quote.author === you ? "You" : name;
  return <QuoteView quote={message.quote} author={author} onClick={() => actions.goTo(replyTo)} />;
}

function Body({ message }: Pick<MessageRowProperties, "message">) {
  if (message.seq !== undefined && message.deletedAt !== undefined) {
    return <div class="text deleted">This message was deleted</div>;
  }
  return <MessageText text={message.text} />;
}

interface FooterProperties extends MessageRowProperties {
  readonly time: string;
}

function Footer({ message, isOwn, read, delivered, time }: FooterProperties) {
  const cursors = { read: { you: 0, peer: read }, delivered: { you: 0, peer: delivered } };
  return (
    <div class="meta">
      {message.seq !== undefined && message.editedAt !== undefined && <span>edited</span>}
      <time dateTime={new Date(message.createdAt).toISOString()} title={fullTimeText(message.createdAt)}>
        {time}
      </time>
      {isOwn && <DeliveryMark delivery={deliveryOf(message, cursors)} />}
    </div>
  );
}

interface FailedProperties extends Pick<MessageRowProperties, "actions"> {
  readonly message: PendingMessage;
  readonly error: PairlineError;
}

function Failed({ message, error, actions }: FailedProperties) {
  const { id, text } = message;
  return (
    <div class="failed-line" role="alert">
      <span>Not sent. {errorText(error)}</span>
      {mayTryAgain(error.code) ? (
        <button type="button" onClick={() => actions.retry(id)}>
          Try again
        </button>
      ) : (
        <button type="button" onClick={() => actions.rewrite(message)}>
          Edit and send again
        </button>
      )}
      {text !== "" && (
        <button type="button" onClick={() => actions.copy(text)}>
          Copy
        </button>
      )}
      <button type="button" onClick={() => actions.discard(id)}>
        Discard
      </button>
    </div>
  );
}

function rowClass({ message, isOwn, startsRun, endsRun, isActive }: MessageRowProperties): string {
  const isFailed = message.seq === undefined && message.error !== undefined;
  const classes = {
    row: true,
    own: isOwn,
    "starts-run": startsRun,
    "ends-run": endsRun,
    active: isActive,
    pending: message.seq === undefined,
    failed: isFailed,
  };
  return Object.entries(classes)
    .flatMap(([name, isSet]) => (isSet ? [name] : []))
    .join(" ");
}
