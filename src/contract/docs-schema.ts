import { html } from "hono/html";
import { prose, table, type Html } from "./docs-text.ts";
import type { JsonSchema } from "./schema-components.ts";

/** One field of an object, those of objects within it named with theirs: `read.you`. */
interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

export function fieldsOf(schema: JsonSchema, within = ""): readonly Field[] {
  const { required = [], properties = {} } = schema;
  return Object.entries(properties).flatMap(([key, field]) => {
    const name = `${within}${key}`;
    return [{ name, schema: field, isRequired: required.includes(key) }, ...fieldsOf(field, `${name}.`)];
  });
}

/** The table of an object's fields. */
export function fieldTable(label: string, fields: readonly Field[]): Html {
  const rows = fields.map(
    ({ name, schema, isRequired }) =>
      html`<tr>
        <th scope="row">
          <code>${name}</code>${isRequired ? "" : html` <span class="optional">optional</span>`}
        </th>
        <td class="type">${typeOf(schema)}</td>
        <td>${prose(schema.description ?? "")}${boundsOf(schema)}</td>
      </tr>`,
  );
  return table(label, ["Field", "Type", "Meaning"], rows);
}

/** What a schema says beyond its fields, for one that is no object. */
export function scalarLine(schema: JsonSchema): Html {
  return html`<p class="type">${typeOf(schema)}${boundsOf(schema)}</p>`;
}

export function schemaLink(id: string): Html {
  return html`<a href="#schema-${id}">${id}</a>`;
}

/** A schema's type in a few words, with links to those it names. */
function typeOf(schema: JsonSchema): Html {
  const { $ref, allOf, anyOf } = schema;
  if (allOf?.[0] !== undefined) {
    return typeOf(allOf[0]);
  }
  if (anyOf !== undefined) {
    return html`${anyOf.map((choice, index) => html`${index === 0 ? "" : " | "}${typeOf(choice)}`)}`;
  }
  if ($ref !== undefined) {
    return schemaLink($ref.slice($ref.lastIndexOf("/") + 1));
  }
  if ("const" in schema || schema.enum !== undefined) {
    const choices = schema.enum ?? [schema.const];
    return html`<code>${choices.map((value) => JSON.stringify(value)).join(" | ")}</code>`;
  }
  if (schema.type === "array") {
    return arrayType(schema);
  }
  return objectType(schema);
}

/** An object whose keys are the app's or the users' is a map where its values are alike. */
function objectType({ type, additionalProperties: values }: JsonSchema): Html {
  const isMap = values !== undefined && Object.keys(values).length > 0;
  return isMap ? html`{ key: ${typeOf(values)} }` : html`${type ?? "any"}`;
}

function arrayType({ items, prefixItems }: JsonSchema): Html {
  const first = prefixItems?.[0];
  return first === undefined
    ? html`${typeOf(items || {})}[]`
    : html`${typeOf(first)}[${prefixItems?.length}]`;
}

/** What the bounds of a value are, where they say more than "a whole number". */
function boundsOf(schema: JsonSchema): Html {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, default: fallback } = schema;
  const bounds = [
    ...between(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ""),
    ...between(minLength, maxLength, " characters"),
    ...(maxItems === undefined || maxItems === minItems ? [] : [`at most ${maxItems}`]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ];
  return bounds.length === 0 ? html`` : html` <span class="bounds">${bounds.join(" · ")}</span>`;
}

function between(low: number | undefined, high: number | undefined, unit: string): readonly string[] {
  if (high !== undefined) {
    return [`${low === undefined ? "at most " : `${low}–`}${high.toLocaleString("en")}${unit}`];
  }
  return low === undefined || low === 0 ? [] : [`from ${low}${unit}`];
}
