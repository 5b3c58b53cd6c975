import { html } from "hono/html";
import { errorCatalogue } from "../protocol/errors.ts";
import { fieldsOf, fieldTable, schemaLink } from "./docs-schema.ts";
import { codeBlock, jsonBlock, prose, table, type Html } from "./docs-text.ts";
import { errorsOf, type Operation } from "./operation.ts";
import { exampleAddress, pathParametersOf, queryParameters } from "./parameters.ts";
import { queryFields, type JsonSchema } from "./schema-components.ts";

type Schemas = Readonly<Record<string, JsonSchema>>;

const keys = {
  user: "Authorized by a user's token",
  admin: "Authorized by the admin key",
  none: "Open to everybody",
} as const;

/** One request: what it does and takes and answers on one side, how that looks on the other. */
export function operationSection(operation: Operation, schemas: Schemas): Html {
  const { id, method, path, summary, description, access } = operation;
  return html`<article id="${id}" class="entry">
    <div class="words">
      <h3><a href="#${id}">${summary}</a></h3>
      <p class="address">${methodBadge(method)} <code>${pathParts(path)}</code></p>
      <p>${prose(description)}</p>
      <p class="note">${keys[access]}.</p>
      ${parameters(operation)} ${bodyPart(operation, schemas)}
      <h4>Answers</h4>
      ${table("Answers", ["Status", "What it says"], answerRows(operation))}
    </div>
    <div class="examples">${examples(operation)}</div>
  </article>`;
}

export function methodBadge(method: Operation["method"]): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

/** Lines break after a slash rather than anywhere. */
function pathParts(path: string): readonly Html[] {
  return path.split(/(?<=\/)/).map((part) => html`${part}<wbr />`);
}

function parameters({ path, query, ownParameters }: Operation): Html {
  const inPath = pathParametersOf(path).map(({ name, schema, description }) => {
    return { name, schema: { ...schema, description }, isRequired: true };
  });
  const inQuery = (query === undefined ? [] : queryFields(query)).map(({ name, schema }) => ({
    name,
    schema: { ...schema, ...(ownParameters?.[name] ?? queryParameters[name]) },
    isRequired: false,
  }));
  return html`${inPath.length === 0 ? "" : html`<h4>In the path</h4>`}
  ${fieldTable("Parameters in the path", inPath)} ${inQuery.length === 0 ? "" : html`<h4>In the query</h4>`}
  ${fieldTable("Parameters in the query", inQuery)}`;
}

function bodyPart({ body }: Operation, schemas: Schemas): Html {
  return body === undefined
    ? html``
    : html`<h4>Body: ${schemaLink(body.schema)}</h4>
        ${fieldTable("Fields of the body", fieldsOf(schemas[body.schema] ?? {}))}`;
}

function answerRows(operation: Operation): readonly Html[] {
  const answers = Object.entries(operation.answers).map(
    ([status, { description, schema }]) =>
      html`<tr>
        <th scope="row"><span class="status ok">${status}</span></th>
        <td>${prose(description)}${schema === undefined ? "" : html` ${schemaLink(schema)}`}</td>
      </tr>`,
  );
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorCatalogue[code].status);
  const refusals = [...byStatus]
    .toSorted(([one], [other]) => one - other)
    .map(
      ([status, codes]) =>
        html`<tr>
          <th scope="row"><span class="status">${status}</span></th>
          <td class="codes">
            ${codes.map((code) => html`<a href="#error-${code}"><code>${code}</code></a> `)}
          </td>
        </tr>`,
    );
  return [...answers, ...refusals];
}

function examples(operation: Operation): readonly Html[] {
  const bodies = Object.values(operation.body?.examples ?? {});
  const requests =
    bodies.length === 0
      ? [codeBlock(curl(operation), "Request")]
      : bodies.map(({ summary, value }) => codeBlock(curl(operation, value), summary));
  // The last one that is none of a refusal: 201 says more than the 200 of a retry.
  const answer = Object.entries(operation.answers).findLast(([status]) => Number(status) < 300);
  const isShown = answer?.[1].example !== undefined;
  return isShown ? [...requests, jsonBlock(answer?.[1].example, `Answer ${answer?.[0]}`)] : requests;
}

/** The request by hand. */
function curl({ method, path, access }: Operation, body?: unknown): string {
  const address = exampleAddress(path);
  const key = { user: "$TOKEN", admin: "$ADMIN_KEY", none: undefined }[access];
  return [
    `curl ${method === "get" || body !== undefined ? "" : `-X ${method.toUpperCase()} `}"$URL${address}"`,
    ...(method !== "post" && body !== undefined ? [`-X ${method.toUpperCase()}`] : []),
    ...(key === undefined ? [] : [`-H "Authorization: Bearer ${key}"`]),
    ...(body === undefined ? [] : [`-d '${JSON.stringify(body, undefined, 2)}'`]),
  ].join(" \\\n  ");
}
