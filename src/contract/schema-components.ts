import * as z from "zod";
import { glossary } from "./glossary.ts";

/** A JSON Schema as it stands in a document: the keywords that the protocol's shapes need. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A zod schema of the protocol under the name that the documents give it. */
export interface NamedSchema {
  readonly id: string;
  readonly schema: z.ZodType;
  readonly description: string;
  /** What fields mean here, where the glossary does not say it. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * Which JSON Schema a document speaks: OpenAPI 3.1 the current one; AsyncAPI 3.0 draft 7, where nothing may stand beside
 * a `$ref`.
 */
export type Dialect = "draft-2020-12" | "draft-07";

export function refTo(id: string): JsonSchema {
  return { $ref: `#/components/schemas/${id}` };
}

/**
 * `components.schemas`: those named and, as `$ref`, wherever another one holds them. Objects stay open, since a newer
 * server may add fields (docs/protocol/rest.md, ER4).
 */
export function schemaComponents(
  named: readonly NamedSchema[],
  dialect: Dialect,
): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const { id, schema } of named) {
    registry.add(schema, { id });
  }
  const { schemas } = z.toJSONSchema(registry, {
    target: dialect === "draft-07" ? "draft-07" : "draft-2020-12",
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => withoutNoise(jsonSchema),
  });
  return Object.fromEntries(
    named.map(({ id, description, fields }) => {
      const { $schema: _dialect, $id: _uri, ...schema } = schemas[id] ?? {};
      return [id, { description, ...withFieldMeanings(schema as JsonSchema, fields ?? {}, dialect) }];
    }),
  );
}

/** The parameters of a query: numbers as numbers, though a URL carries text. */
export function queryFields(
  query: z.ZodType,
): readonly { readonly name: string; readonly schema: JsonSchema }[] {
  const { properties } = z.toJSONSchema(query, {
    io: "output",
    override: ({ jsonSchema }) => withoutNoise(jsonSchema),
  });
  return Object.entries(properties ?? {}).map(([name, schema]) => ({ name, schema: schema as JsonSchema }));
}

/** What zod writes for "any whole number" and "any key" says nothing. */
function withoutNoise(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) {
    delete schema.minimum;
  }
  const { propertyNames } = schema;
  if (typeof propertyNames === "object" && Object.keys(propertyNames).join() === "type") {
    delete schema.propertyNames;
  }
}

/** Fields of objects within are named with the one that holds them, `read.you`, or by themselves. */
function withFieldMeanings(
  schema: JsonSchema,
  meanings: Readonly<Record<string, string>>,
  dialect: Dialect,
  within = "",
): JsonSchema {
  const { properties } = schema;
  if (properties === undefined) {
    return schema;
  }
  const explained = Object.entries(properties).map(([name, field]) => {
    const path = `${within}${name}`;
    const inner = withFieldMeanings(field, meanings, dialect, `${path}.`);
    const description = meanings[path] ?? glossary[path] ?? glossary[name];
    return [name, description === undefined ? inner : explainedField(inner, description, dialect)];
  });
  return { ...schema, properties: Object.fromEntries(explained) };
}

function explainedField(field: JsonSchema, description: string, dialect: Dialect): JsonSchema {
  return "$ref" in field && dialect === "draft-07"
    ? { description, allOf: [field] }
    : { ...field, description };
}
