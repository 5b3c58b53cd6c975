import { html, raw } from "hono/html";

export type Html = ReturnType<typeof html>;

const nothing = html``;

/** What stands between backticks as code, `[text](address)` as a link. */
export function prose(text: string): readonly Html[] {
  return text.split(/(`[^`]+`|\[[^\]]+\]\([^)]+\))/).map((part) => {
    const link = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
    if (link !== null) {
      return html`<a href="${link[2]}">${link[1]}</a>`;
    }
    return part.startsWith("`") ? html`<code>${part.slice(1, -1)}</code>` : html`${part}`;
  });
}

/** A block of JSON: keys, texts and everything else in colours of their own. */
export function jsonBlock(value: unknown, label: string): Html {
  const tokens = JSON.stringify(value, undefined, 2).split(/("(?:[^"\\]|\\.)*"(?::)?)/);
  return codeBlock(
    tokens.map((token) => {
      if (!token.startsWith('"')) {
        return html`${token}`;
      }
      return token.endsWith(":")
        ? html`<span class="key">${token.slice(0, -1)}</span>:`
        : html`<span class="text">${token}</span>`;
    }),
    label,
  );
}

export function codeBlock(code: string | readonly Html[], label: string): Html {
  return html`<figure class="code">
    <figcaption>${label}</figcaption>
    <pre tabindex="0"><code>${code}</code></pre>
  </figure>`;
}

/** Wide tables scroll by themselves, so the page never does sideways. */
export function table(label: string, headings: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) {
    return nothing;
  }
  return html`<div class="table" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** A document's first line; `html` would escape it nowhere else. */
export const doctype = raw("<!doctype html>\n");
