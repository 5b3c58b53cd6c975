import { expect, onTestFinished, test } from "vitest";
import { alice } from "../../src/contract/examples.ts";
import { openApiDocument, operations } from "../../src/contract/openapi.ts";
import type { Operation } from "../../src/contract/operation.ts";
import type { Env } from "../../src/env.ts";
import { app } from "../../src/http/app.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { maxImportBytes } from "../../src/protocol/import.ts";
import { faultsOfAnswer } from "../contract.ts";
import { deployWith, env, problemOf, tokenFor } from "./clients.ts";
import { exampleBodies, exampleQuery, requestOf, type Sent } from "./example-requests.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { adminKey } from "./users.ts";

const sockets = operations.filter(({ tag }) => tag === "Sockets");
const withToken = operations.filter(({ access }) => access === "user");

test("[CT1] every route of the Worker is a path of openapi.json, and every path a route", () => {
  const routes = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const paths = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(paths.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test("[CT2] every example request succeeds, and is answered as openapi.json says", async () => {
  deployWith({ ADMIN_KEY: adminKey });
  const faults: string[] = [];
  const statuses = [];
  for (const operation of operations) {
    const bodies = exampleBodies(operation);
    // A send again, word for word, is a retry.
    const again = operation.id === "sendMessage" ? bodies : [];
    for (const body of [...bodies, ...again]) {
      const response = await requestOf(operation, { body, query: exampleQuery(operation) });
      response.webSocket?.accept();
      faults.push(...(await faultsOfAnswer(operation, response)));
      if (response.status < 300) {
        statuses.push(`${operation.id} ${response.status}`);
      }
    }
  }
  expect(faults).toEqual([]);
  const documented = operations.flatMap(({ id, answers }) =>
    Object.keys(answers)
      .filter((status) => Number(status) < 300)
      .map((status) => `${id} ${status}`),
  );
  expect(new Set(statuses)).toEqual(new Set(documented));
});

/** Ways to be refused: what is wrong, with which requests, and what that is called. */
const refusals: readonly {
  readonly what: string;
  readonly of: readonly Operation[];
  readonly code: ErrorCode;
  readonly sent?: Sent;
  readonly bindings?: Partial<Env>;
  readonly isD1Away?: boolean;
}[] = [
  {
    what: "no key",
    of: operations.filter(({ access }) => access !== "none"),
    sent: { headers: {} },
    code: "unauthorized",
  },
  {
    what: "an expired token",
    of: withToken,
    sent: { headers: { authorization: `Bearer ${await tokenFor(alice, -100)}` } },
    code: "token_expired",
  },
  { what: "no key configured", of: withToken, bindings: { JWT_SECRET: "" }, code: "not_configured" },
  {
    what: "too many requests",
    of: operations,
    bindings: { ADDRESS_LIMIT: { limit: async () => ({ success: false }) } },
    sent: { headers: { "cf-connecting-ip": "192.0.2.1" } },
    code: "rate_limited",
  },
  {
    what: "a broken body",
    of: operations.filter(({ body }) => body !== undefined),
    sent: { body: "{" },
    code: "bad_request",
  },
  {
    what: "a body that is too large",
    of: operations.filter(({ body }) => body !== undefined),
    sent: { body: " ".repeat(maxImportBytes + 1) },
    code: "too_large",
  },
  {
    what: "oneself as peer",
    of: operations.filter(({ path }) => path.includes("{peer}")),
    sent: { peer: alice },
    code: "bad_peer",
  },
  {
    what: "a number that is none",
    of: operations.filter(({ path }) => path.includes("{seq}")),
    sent: { seq: "one" },
    code: "out_of_range",
  },
  {
    what: "a message that is not there",
    of: operations.filter(({ path }) => path.includes("{seq}")),
    sent: { seq: "9000" },
    code: "unknown_message",
  },
  {
    what: "a query out of its range",
    of: operations.filter(({ id }) => ["listMessages", "listConversations", "listChats"].includes(id)),
    sent: { query: "?limit=0" },
    code: "out_of_range",
  },
  {
    what: "a cursor of nobody's",
    of: operations.filter(({ id }) => id === "listConversations"),
    sent: { query: "?cursor=x" },
    code: "bad_request",
  },
  { what: "no upgrade", of: sockets, sent: { isUpgrade: false }, code: "upgrade_required" },
  {
    what: "another origin",
    of: [...sockets, ...operations.filter(({ access }) => access === "admin")],
    sent: { origin: "https://elsewhere.example" },
    code: "origin_refused",
  },
  {
    what: "a name that cannot be looked up",
    of: withToken,
    bindings: { ALIASES: "on" },
    isD1Away: true,
    code: "archive_unavailable",
  },
];

test.each(refusals)("[CT2] $what: refused as openapi.json says", async (refused) => {
  const { of, code, sent = {}, bindings = {}, isD1Away = false } = refused;
  deployWith({ ADMIN_KEY: adminKey, ...bindings });
  if (isD1Away) {
    onTestFinished(faultyD1(env.DB, "down", 1).restore);
  }
  const faults: string[] = [];
  const codes = new Set<ErrorCode>();
  for (const operation of of) {
    const [body] = exampleBodies(operation);
    const response = await requestOf(operation, { body, ...sent });
    const copy = response.clone();
    faults.push(...(await faultsOfAnswer(operation, response)));
    codes.add((await problemOf(copy)).code);
  }
  expect(faults).toEqual([]);
  expect([...codes]).toEqual([code]);
});
