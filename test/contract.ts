import { Validator, type Schema, type SchemaDraft } from "@cfworker/json-schema";
import { openApiDocument } from "../src/contract/openapi.ts";
import type { Operation } from "../src/contract/operation.ts";

type Shape = Readonly<Record<string, unknown>>;

interface Described {
  readonly headers?: Shape;
  readonly content?: Readonly<Record<string, { readonly schema: Shape }>>;
}

interface Paths {
  readonly [path: string]: { readonly [method: string]: { readonly responses: Record<string, Described> } };
}

/** What a value has that a document's schema does not allow; fields that it does not name count too. */
export type Faults = (schema: Shape, value: unknown) => readonly string[];

export function faultsBy(components: { readonly schemas: object }, draft: SchemaDraft): Faults {
  const schemas = closed(components.schemas as Shape);
  return (schema, value) => {
    const root: Schema = { ...schema, components: { schemas } };
    const validator = new Validator(root, draft);
    return validator
      .validate(value)
      .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
  };
}

/** Objects are open in the documents, for newer servers; what today's server answers must be in them. */
function closed(schema: Shape): Shape {
  const inner = Object.entries(schema).map(([key, value]) => {
    const isSchema = typeof value === "object" && value !== null && !Array.isArray(value);
    return [key, isSchema ? closed(value as Shape) : value];
  });
  const isObject = schema["type"] === "object" && "properties" in schema;
  return { ...Object.fromEntries(inner), ...(isObject && { additionalProperties: false }) };
}

const document = openApiDocument();
const paths = document.paths as unknown as Paths;

export const restFaults = faultsBy(document.components, "2020-12");

/** What an answer of the Worker has that openapi.json does not say of this request. */
export async function faultsOfAnswer(operation: Operation, response: Response): Promise<readonly string[]> {
  const { path, method } = operation;
  const faults = await faultsBeside(paths[path]?.[method]?.responses[response.status], response);
  return faults.map((fault) => `${method} ${path} ${response.status}: ${fault}`);
}

async function faultsBeside(
  described: Described | undefined,
  response: Response,
): Promise<readonly string[]> {
  if (described === undefined) {
    return [`no such answer: ${await response.text()}`];
  }
  const { headers = {}, content } = described;
  const missing = Object.keys(headers)
    .filter((name) => !response.headers.has(name))
    .map((name) => `without ${name}`);
  if (content === undefined) {
    return missing;
  }
  const media = response.headers.get("content-type") ?? "";
  const schema = content[media]?.schema;
  return schema === undefined
    ? [...missing, `${media} is not what is answered`]
    : [...missing, ...restFaults(schema, await response.json())];
}
