import { errorCatalogue, refusal, type ErrorCode } from "../protocol/errors.ts";
import { problemFrom } from "../protocol/problem.ts";
import { chatOperations } from "./chat-operations.ts";
import { conversationOperations } from "./conversation-operations.ts";
import { errorTable } from "./error-table.ts";
import { messageOperations } from "./message-operations.ts";
import { exampleRequestId } from "./examples.ts";
import { errorsOf, type Answer, type Operation } from "./operation.ts";
import { pathParametersOf, queryParameters } from "./parameters.ts";
import { restSchemas } from "./rest-schemas.ts";
import { queryFields, refTo, schemaComponents, type JsonSchema } from "./schema-components.ts";
import { userOperations } from "./user-operations.ts";

export const operations: readonly Operation[] = [
  ...messageOperations,
  ...conversationOperations,
  ...userOperations,
  ...chatOperations,
];

const everyHeader = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };

export const tags = {
  Messages: "Send, read, change.",
  Conversations: "The list, and how each conversation stands for the user.",
  Sockets: "What is live. The frames are described in [asyncapi.json](/asyncapi.json).",
  Users: "Names, pictures and presence.",
  Chats:
    "As the app that Pairline replaces had it, for its clients in the field. Ids that are numbers are written as such. Not there with `CHATS_API=off`.",
  Operators: "For your servers, with the admin key, and for monitoring.",
};

/** `GET /openapi.json`: everything that REST knows, in OpenAPI 3.1. */
export function openApiDocument() {
  return {
    openapi: "3.1.1",
    info: {
      title: "Pairline",
      version: "1",
      summary: "Private one-to-one messages.",
      description:
        "A conversation is addressed by who you talk to. Every refused request is answered by problem details with a `code`; unknown addresses with `not_found`, unknown methods of known ones with `method_not_allowed`. Clients ignore fields that they do not know. Times are milliseconds since the epoch.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The deployment that serves this document." }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths: pathsOf(operations),
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description:
            "A token that your identity service signed: HS256 with the shared secret, or RS256 or ES256 with a published key.",
        },
        adminKey: {
          type: "http",
          scheme: "bearer",
          description: "The deployment's `ADMIN_KEY`, for servers only.",
        },
      },
      schemas: schemaComponents(restSchemas, "draft-2020-12"),
      headers: {
        RequestId: header("What the server's log calls the request, and the socket that it opened."),
      },
      examples: Object.fromEntries(
        [...new Set(operations.flatMap((operation) => [...errorsOf(operation)]))].map((code) => [
          code,
          {
            summary: errorCatalogue[code].title,
            value: problemFrom(refusal(code, waitOf(code)), exampleRequestId),
          },
        ]),
      ),
    },
    "x-errors": errorTable,
  };
}

function pathsOf(all: readonly Operation[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of all) {
    const { path, method } = operation;
    paths[path] ??= {
      parameters: pathParametersOf(path).map((parameter) => ({ in: "path", required: true, ...parameter })),
    };
    paths[path][method] = operationObject(operation);
  }
  return paths;
}

function operationObject(operation: Operation) {
  const { id, tag, summary, description, access, query, ownParameters, body, answers } = operation;
  const fields = query === undefined ? [] : queryFields(query);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: { user: [{ token: [] }], admin: [{ adminKey: [] }], none: [] }[access],
    ...(fields.length > 0 && {
      parameters: fields.map(({ name, schema }) => {
        return { name, in: "query", ...(ownParameters?.[name] ?? queryParameters[name]), schema };
      }),
    }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: refTo(body.schema), examples: body.examples } },
      },
    }),
    responses: { ...answersOf(answers), ...refusalsOf(operation) },
  };
}

function answersOf(answers: Readonly<Record<number, Answer>>) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, example, headers = {} }]) => {
      const content = { "application/json": { schema: refTo(schema ?? ""), example } };
      const described = Object.entries(headers).map(([name, text]) => [name, header(text)]);
      return [
        status,
        {
          description,
          headers: { ...Object.fromEntries(described), ...everyHeader },
          ...(schema !== undefined && { content }),
        },
      ];
    }),
  );
}

/** Problem details by status, with the codes that this operation can have. */
function refusalsOf(operation: Operation) {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorCatalogue[code].status);
  const statuses = [...byStatus].toSorted(([one], [other]) => one - other);
  return Object.fromEntries(
    statuses.map(([status, codes]) => {
      const problem = {
        schema: { allOf: [refTo("Problem"), codesOnly(codes)] },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      };
      const health = operation.answers[status];
      return [
        status,
        {
          description: [health?.description, ...codes.map((code) => `${errorCatalogue[code].title}.`)]
            .filter((text) => text !== undefined)
            .join(" "),
          headers: { ...headersOf(status), ...everyHeader },
          content: {
            ...(health?.schema !== undefined && {
              "application/json": { schema: refTo(health.schema), example: health.example },
            }),
            "application/problem+json": problem,
          },
        },
      ];
    }),
  );
}

function codesOnly(codes: readonly ErrorCode[]): JsonSchema {
  return { type: "object", properties: { code: { type: "string", enum: codes } } };
}

function headersOf(status: number) {
  if (status === 401) {
    return { "WWW-Authenticate": header("`Bearer`, since a token is missing or does not hold.") };
  }
  const waits = status === 429 || status === 503;
  return waits ? { "Retry-After": header("Seconds to wait before the next try.") } : {};
}

function header(description: string) {
  return { description, schema: { type: "string" } };
}

function waitOf(code: ErrorCode) {
  return code === "rate_limited" || code === "too_many_conversations" ? { retryAfterMs: 2_000 } : {};
}
