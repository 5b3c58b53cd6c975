import { html } from "hono/html";
import { sockets } from "./asyncapi.ts";
import { methodBadge, operationSection } from "./docs-operation.ts";
import { fieldsOf, fieldTable, scalarLine } from "./docs-schema.ts";
import { socketSection } from "./docs-socket.ts";
import { codeBlock, doctype, prose, table, type Html } from "./docs-text.ts";
import { errorTable } from "./error-table.ts";
import { frameKinds, frameSchemas } from "./frame-schemas.ts";
import { operations, tags } from "./openapi.ts";
import { restSchemas } from "./rest-schemas.ts";
import { schemaComponents, type JsonSchema } from "./schema-components.ts";

/** `GET /docs`: the contract for people. It needs no script. */
export async function docsPage(): Promise<string> {
  const rest = schemaComponents(restSchemas, "draft-2020-12");
  const frames = schemaComponents(frameSchemas, "draft-07");
  const frameIds = new Set(frameKinds.map(({ id }) => id));
  const schemas = Object.entries({ ...frames, ...rest }).filter(([id]) => !frameIds.has(id));
  const page = html`${doctype}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Pairline API</title>
        <link rel="stylesheet" href="/docs.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the reference</a>
        ${navigation(schemas)}
        <main id="main">
          ${introduction()} ${tagNames.map((tag) => operationGroup(tag, rest))}
          ${sockets.map((socket) => socketSection(socket, frames))} ${errorSection()}
          <section id="schemas">
            <h2>Schemas</h2>
            ${schemas.map(([id, schema]) => schemaEntry(id, schema))}
          </section>
        </main>
      </body>
    </html> `;
  return String(await page);
}

const tagNames = Object.keys(tags) as (keyof typeof tags)[];

function navigation(schemas: readonly (readonly [string, JsonSchema])[]): Html {
  return html`<nav aria-label="Contents">
    <a class="brand" href="#main">Pairline <span>API</span></a>
    <ul class="groups">
      ${navigationGroup("start", "Start", [])}
      ${tagNames.map((tag) => {
        const of = operations.filter((operation) => operation.tag === tag);
        const links = of.map(
          ({ id, method, summary }) => html`<a href="#${id}">${methodBadge(method)} ${summary}</a>`,
        );
        return navigationGroup(`tag-${tag}`, tag, links);
      })}
      ${sockets.map((socket) => {
        const name = socket === "inbox" ? "Inbox frames" : "Conversation frames";
        return navigationGroup(`socket-${socket}`, name, [
          html`<a href="#${socket}-client">What clients send</a>`,
          html`<a href="#${socket}-server">What the server sends</a>`,
        ]);
      })}
      ${navigationGroup("errors", "Errors", [])}
      ${navigationGroup(
        "schemas",
        "Schemas",
        schemas.map(([id]) => html`<a href="#schema-${id}">${id}</a>`),
      )}
    </ul>
  </nav>`;
}

function navigationGroup(id: string, name: string, links: readonly Html[]): Html {
  return html`<li>
    <a href="#${id}">${name}</a>
    <ul>
      ${links.map((link) => html`<li>${link}</li>`)}
    </ul>
  </li>`;
}

function introduction(): Html {
  return html`<section id="start">
    <h1>Pairline API</h1>
    <div class="entry">
      <div class="words">
        <p class="lead">
          Private one-to-one messages: REST for what was, WebSockets for what is. A conversation is addressed
          by who you talk to.
        </p>
        <p>
          A request brings a token that your identity service signed,
          <code>Authorization: Bearer &lt;token&gt;</code>, never in a URL. Bodies and answers are JSON, times
          milliseconds since the epoch. A refused request is answered by a
          <a href="#schema-Problem">Problem</a>; its <code>code</code> is one of the
          <a href="#errors">errors</a>. Ignore fields that you do not know: later servers may add some.
        </p>
        <p class="files">
          <a class="button" href="/openapi.json">openapi.json</a>
          <a class="button" href="/asyncapi.json">asyncapi.json</a>
        </p>
      </div>
      <div class="examples">
        ${codeBlock("npx openapi-typescript \\\n  $URL/openapi.json -o pairline.d.ts", "Types for a client of your own")}
      </div>
    </div>
  </section>`;
}

function operationGroup(tag: keyof typeof tags, schemas: Readonly<Record<string, JsonSchema>>): Html {
  return html`<section id="tag-${tag}">
    <h2>${tag}</h2>
    <p>${prose(tags[tag])}</p>
    ${operations.filter((operation) => operation.tag === tag).map((operation) => operationSection(operation, schemas))}
  </section>`;
}

function errorSection(): Html {
  const rows = errorTable.map(
    ({ code, status, closeCode, title, advice }) =>
      html`<tr id="error-${code}">
        <th scope="row"><code>${code}</code><span class="faces">${status} · ${closeCode}</span></th>
        <td class="face">${status}</td>
        <td class="face">${closeCode}</td>
        <td>${title}.<span class="advice">${prose(advice)}</span></td>
      </tr>`,
  );
  return html`<section id="errors">
    <h2>Errors</h2>
    <p>
      Trouble that can be mended is a <a href="#schema-Problem">Problem</a> over REST and a frame
      <code>error</code> over a socket, which stays open. Other trouble closes the socket with the close code;
      the reason begins with the name.
    </p>
    ${table("Errors", ["Code", "Status", "Close code", "What it means, and what a client does"], rows)}
  </section>`;
}

function schemaEntry(id: string, schema: JsonSchema): Html {
  const fields = fieldsOf(schema);
  return html`<article id="schema-${id}" class="schema">
    <h3><a href="#schema-${id}">${id}</a></h3>
    <p>${prose(schema.description ?? "")}</p>
    ${fields.length === 0 ? scalarLine(schema) : fieldTable(`Fields of ${id}`, fields)}
  </article>`;
}
