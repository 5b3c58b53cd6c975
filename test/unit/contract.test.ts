import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { docsStyle } from "../../src/commands/build-contract.ts";
import { channels, asyncApiDocument } from "../../src/contract/asyncapi.ts";
import { docsPage } from "../../src/contract/docs-page.ts";
import { errorAdvice } from "../../src/contract/error-advice.ts";
import { examplesOf } from "../../src/contract/frame-examples.ts";
import { frameKinds } from "../../src/contract/frame-schemas.ts";
import { openApiDocument, operations } from "../../src/contract/openapi.ts";
import { errorsOf } from "../../src/contract/operation.ts";
import type { JsonSchema } from "../../src/contract/schema-components.ts";
import { clientFrameSchema } from "../../src/protocol/client-frame.ts";
import { errorCatalogue, errorCodes } from "../../src/protocol/errors.ts";
import { inboxClientFrameSchema, inboxServerFrameSchema } from "../../src/protocol/inbox-frame.ts";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import { faultsBy, restFaults } from "../contract.ts";

const openApi = openApiDocument();
const asyncApi = asyncApiDocument();
const frameFaults = faultsBy(asyncApi.components, "7");

test("[CT3] both documents name every error of the catalogue, with the status, close code and advice of docs/protocol", () => {
  const table = readFileSync("docs/protocol/rest.md", "utf8").matchAll(
    /^\| `(\w+)` \| (\d+) \| (\d+) \| (.+) \|$/gm,
  );
  const rows = [...table].map(([, code, status, closeCode, advice]) => [
    code,
    Number(status),
    Number(closeCode),
    advice,
  ]);
  expect(
    openApi["x-errors"].map(({ code, status, closeCode, advice }) => [code, status, closeCode, advice]),
  ).toEqual(rows);
  expect(rows.map(([code]) => code)).toEqual(errorCodes);
  expect(Object.keys(errorAdvice)).toEqual(errorCodes);
  for (const { schemas } of [openApi.components, asyncApi.components]) {
    expect(schemas["ErrorCode"]?.enum).toEqual(errorCodes);
  }
  for (const channel of Object.values(asyncApi.channels)) {
    const codes = channel["x-close-codes"].flatMap(({ codes: names, closeCode }) =>
      names.map((code) => [code, closeCode]),
    );
    expect(Object.fromEntries(codes)).toEqual(
      Object.fromEntries(errorCodes.map((code) => [code, errorCatalogue[code].closeCode])),
    );
  }
});

test("[CT3] what only a socket or an unknown address meets is all that no request lists", () => {
  const listed = new Set(operations.flatMap((operation) => [...errorsOf(operation)]));
  expect(errorCodes.filter((code) => !listed.has(code))).toEqual([
    "bad_frame",
    "not_found",
    "method_not_allowed",
    "device_limit",
    "slow_reader",
  ]);
});

test("[CT4] every example in openapi.json is what its schema says, and holds no field beyond it", () => {
  const checked = operations.flatMap(({ id, body, answers }) => [
    ...Object.values(body?.examples ?? {}).map(({ value }) => ({ id, schema: body?.schema, value })),
    ...Object.values(answers).map(({ schema, example }) => ({ id, schema, value: example })),
  ]);
  const faults = checked
    .filter(({ schema }) => schema !== undefined)
    .flatMap(({ id, schema, value }) =>
      restFaults({ $ref: `#/components/schemas/${schema}` }, value).map((fault) => `${id}: ${fault}`),
    );
  const problems = Object.values(openApi.components.examples).flatMap(({ value }) =>
    restFaults({ $ref: "#/components/schemas/Problem" }, value),
  );
  expect([...faults, ...problems]).toEqual([]);
  expect(checked.length).toBeGreaterThan(operations.length);
});

test("[CT5] every frame of both sockets has an example, which the server's own schema and asyncapi.json take", () => {
  const parsers = {
    conversation: { client: clientFrameSchema, server: serverFrameSchema },
    inbox: { client: inboxClientFrameSchema, server: inboxServerFrameSchema },
  };
  const faults = frameKinds.flatMap((kind) => {
    const examples = examplesOf(kind);
    const none = examples.length === 0 ? ["no example"] : [];
    const refused = examples.filter((example) => {
      const parsed = parsers[kind.socket][kind.from].safeParse(example);
      return !isDeepStrictEqual(parsed.data, example);
    });
    const undescribed = examples.flatMap((example) =>
      frameFaults({ $ref: `#/components/schemas/${kind.id}` }, example),
    );
    return [...none, ...refused.map((example) => JSON.stringify(example)), ...undescribed].map(
      (fault) => `${kind.id}: ${fault}`,
    );
  });
  expect(faults).toEqual([]);
  expect(Object.keys(asyncApi.components.messages)).toEqual([
    ...frameKinds.map(({ id }) => id),
    "Ping",
    "Pong",
  ]);
  expect(Object.keys(asyncApi.channels)).toEqual(Object.keys(channels));
});

test("[CT5] every frame, every schema and each of their fields says what it means", () => {
  const silent = [openApi.components, asyncApi.components].flatMap(({ schemas }) =>
    Object.entries(schemas).flatMap(([id, schema]) => silentParts(id, schema)),
  );
  expect(silent).toEqual([]);
});

test("[CT6] the page shows every request, frame, error and schema, and each link within it leads somewhere", async () => {
  const page = await docsPage();
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const shown = new Set(ids);
  const wanted = [
    ...operations.map(({ id }) => id),
    ...frameKinds.map(({ id }) => id),
    ...errorCodes.map((code) => `error-${code}`),
    ...Object.keys(openApi.components.schemas).map((id) => `schema-${id}`),
    ...[...page.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id ?? ""),
  ];
  expect(wanted.filter((id) => !shown.has(id))).toEqual([]);
});

test("[CT6] the page asks no other host for anything, and runs no script and no style of its own", async () => {
  const page = await docsPage();
  const addresses = [...page.matchAll(/ (?:href|src)="([^"#][^"]*)"/g)].map(([, address]) => address);
  expect(new Set(addresses)).toEqual(new Set(["/docs.css", "data:,", "/openapi.json", "/asyncapi.json"]));
  expect(page).not.toMatch(/<script|<style|<iframe| style=| on\w+=/);
  expect(await docsStyle()).not.toMatch(/@import|url\(/);
});

/** Where a schema or a field of it has no description. */
function silentParts(place: string, { description, properties = {} }: JsonSchema): readonly string[] {
  const within = Object.entries(properties).flatMap(([name, field]) =>
    silentParts(`${place}.${name}`, field),
  );
  return description === undefined || description === "" ? [place, ...within] : within;
}
