import type { Quote } from "../../client/index.ts";
import { shownText } from "../reading/message-text.ts";

interface QuoteProperties {
  readonly quote: Quote;
  readonly author: string;
  readonly onClick: () => void;
}

export function QuoteView({ quote, author, onClick }: QuoteProperties) {
  return (
    <button type="button" class="quote" onClick={onClick}>
      <span class="unseen">In reply to </span>
      <bdi class="quote-author">{author}</bdi>
      {quote.deletedAt === undefined ? (
        <span class="quote-text" dir="auto">
          {shownText(quote.text)}
        </span>
      ) : (
        <em class="quote-text">Message deleted</em>
      )}
    </button>
  );
}
