import { html } from "hono/html";
import { examplesOf } from "./frame-examples.ts";
import { frameKinds, type FrameKind } from "./frame-schemas.ts";
import { fieldsOf, fieldTable } from "./docs-schema.ts";
import { codeBlock, jsonBlock, prose, type Html } from "./docs-text.ts";
import { channels } from "./asyncapi.ts";
import type { JsonSchema } from "./schema-components.ts";

const opening = {
  conversation: "`${url}/v1/conversations/bob/socket?after=${rev}`",
  inbox: "`${url}/v1/socket`",
} as const;

/** One socket: how it is opened, and every frame that goes over it. */
export function socketSection(
  socket: FrameKind["socket"],
  schemas: Readonly<Record<string, JsonSchema>>,
): Html {
  const { title, address, description } = channels[socket];
  const frames = (from: FrameKind["from"]) =>
    frameKinds
      .filter((kind) => kind.socket === socket && kind.from === from)
      .map((kind) => frameEntry(kind, schemas[kind.id] ?? {}));
  return html`<section id="socket-${socket}">
    <h2>${title}</h2>
    <div class="entry">
      <div class="words">
        <p class="address"><span class="method get">WS</span> <code>${address}</code></p>
        <p>${prose(description)}</p>
      </div>
      <div class="examples">
        ${codeBlock(
          `const socket = new WebSocket(\n  ${opening[socket]},\n  ["pairline.v1", \`bearer.\${token}\`],\n);`,
          "In a browser",
        )}
      </div>
    </div>
    <h3 id="${socket}-client">What clients send</h3>
    ${frames("client")}
    <h3 id="${socket}-server">What the server sends</h3>
    ${frames("server")}
  </section>`;
}

/** A frame of the inbox socket that the conversation's has too is folded: it adds a `peer`. */
function frameEntry(kind: FrameKind, schema: JsonSchema): Html {
  const { id, type, text } = kind;
  const isKnown =
    kind.socket === "inbox" &&
    kind.type !== "ready" &&
    frameKinds.some(
      (other) => other.socket === "conversation" && other.from === kind.from && other.type === type,
    );
  return html`<details id="${id}" class="frame" ${isKnown ? "" : "open"}>
    <summary>
      <span class="arrow">${kind.from === "client" ? "→" : "←"}</span> <code>${type}</code>
      <span>${prose(text.summary)}</span>
    </summary>
    <div class="entry">
      <div class="words">${fieldTable(`Fields of ${type}`, fieldsOf(schema))}</div>
      <div class="examples">${examplesOf(kind).map((example) => jsonBlock(example, `Example: ${type}`))}</div>
    </div>
  </details>`;
}
