import type { JsonSchema } from "./schema-components.ts";
import { alice, at, bob } from "./examples.ts";
import { refTo } from "./schema-components.ts";

export interface Parameter {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example: string | number;
}

/** What stands in a path between braces. Throws where that is not described below. */
export function pathParametersOf(path: string): readonly (Parameter & { readonly name: string })[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    const parameter = pathParameters[name];
    if (parameter === undefined) {
      throw new Error(`the parameter ${name} is not described`);
    }
    return { name, ...parameter };
  });
}

/** An address that exists: the path with the examples of its parameters. */
export function exampleAddress(path: string): string {
  return pathParametersOf(path).reduce(
    (address, { name, example }) => address.replace(`{${name}}`, encodeURIComponent(example)),
    path,
  );
}

const pathParameters: Readonly<Record<string, Parameter>> = {
  peer: {
    description: "The other user's id, percent-encoded: a conversation is addressed by who you talk to.",
    schema: refTo("UserId"),
    example: bob,
  },
  id: { description: "The user's id, percent-encoded.", schema: refTo("UserId"), example: alice },
  one: { description: "A user's id, percent-encoded.", schema: refTo("UserId"), example: alice },
  other: { description: "The other user's id, percent-encoded.", schema: refTo("UserId"), example: bob },
  correspondent_id: {
    description: "The other user's id, percent-encoded.",
    schema: refTo("UserId"),
    example: bob,
  },
  user_id: { description: "Any user's id, percent-encoded.", schema: refTo("UserId"), example: alice },
  seq: {
    description: "The message's number.",
    schema: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    example: 1,
  },
  emoji: {
    description: "One emoji that Unicode recommends (RGI), percent-encoded.",
    schema: { type: "string", minLength: 1, maxLength: 64 },
    example: "👍",
  },
};

export interface QueryParameter {
  readonly description: string;
  /** Missing where the server or the client makes the value, or where it would contradict another example. */
  readonly example?: string | number | boolean;
}

/** What a query may name. */
export const queryParameters: Readonly<Record<string, QueryParameter>> = {
  before: { description: "The page directly below this `seq`; missing: the newest.", example: 3 },
  limit: { description: "How many, at most.", example: 50 },
  rev: { description: "The client's newest `rev`: the page is never older.", example: 2 },
  after: { description: "The newest `rev` that the client has.", example: 2 },
  id: { description: "The client's own name for the change; missing: the server gives it one." },
  cursor: { description: "`nextCursor` of the page before." },
  changedSince: {
    description: "The `position` of an earlier answer: only what moved since, archived ones too.",
    example: at(0),
  },
  archived: {
    description:
      "`true`: only archived ones; `false`: only others. Missing: only others, unless `changedSince` is named.",
    example: false,
  },
};
