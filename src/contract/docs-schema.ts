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
  const required = (schema["required"] ?? []) as readonly string[];
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>);
  return properties.flatMap(([key, field]) => {
    const name = `${within}${key}`;
    return [
      { name, schema: field, isRequired: required.includes(key) },
      ...fieldsOf(field, `${name}.`),
    ];
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
        <td>${prose(String(schema["description"] ?? ""))}${boundsOf(schema)}</td>
      </tr>`,
  );
  return table(label, ["Field", "Type", "Meaning"], rows);
}

/** What a schema says beyond its fields, for one that is no object. */
export function scalarLine(schema: JsonSchema): Html {
  const values = schema["enum"] as readonly string[] | undefined;
  return html`<p class="type">${values === undefined ? typeOf(schema) : "string"}${boundsOf(schema)}</p>`;
}

export function schemaLink(id: string): Html {
  return html`<a href="#schema-${id}">${id}</a>`;
}

/** A schema's type in a few words, with links to those it names. */
function typeOf(schema: JsonSchema): Html {
  const { $ref, allOf, items, prefixItems, additionalProperties } = schema;
  if (typeof $ref === "string") {
    return schemaLink($ref.slice($ref.lastIndexOf("/") + 1));
  }
  if (Array.isArray(allOf)) {
    return typeOf(allOf[0] as JsonSchema);
  }
  if ("const" in schema || "enum" in schema) {
    return html`<code>${valuesOf(schema).join(" | ")}</code>`;
  }
  if (Array.isArray(prefixItems)) {
    return html`${typeOf(prefixItems[0] as JsonSchema)}[${prefixItems.length}]`;
  }
  if (schema["type"] === "array") {
    return html`${typeOf(items as JsonSchema)}[]`;
  }
  const isMap = typeof additionalProperties === "object" && Object.keys(additionalProperties ?? {}).length > 0;
  return isMap
    ? html`{ key: ${typeOf(additionalProperties as JsonSchema)} }`
    : html`${String(schema["type"] ?? "any")}`;
}

function valuesOf(schema: JsonSchema): readonly string[] {
  const values = "const" in schema ? [schema["const"]] : (schema["enum"] as readonly unknown[]);
  return values.map((value) => JSON.stringify(value));
}

/** What the bounds of a value are, where they say more than "a whole number". */
function boundsOf(schema: JsonSchema): Html {
  const { minimum, maximum, minLength, maxLength, maxItems, default: fallback } = schema;
  const bounds = [
    ...between(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ""),
    ...between(minLength, maxLength, " characters"),
    ...(maxItems === undefined || maxItems === schema["minItems"] ? [] : [`at most ${String(maxItems)}`]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ];
  return bounds.length === 0 ? html`` : html` <span class="bounds">${bounds.join(" · ")}</span>`;
}

function between(low: unknown, high: unknown, unit: string): readonly string[] {
  if (high !== undefined) {
    return [`${low === undefined ? "at most " : `${String(low)}–`}${Number(high).toLocaleString("en")}${unit}`];
  }
  return low === undefined || low === 0 ? [] : [`from ${String(low)}${unit}`];
}
