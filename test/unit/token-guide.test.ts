import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { readAuthConfig } from "../../src/auth/config.ts";
import { KeySet } from "../../src/auth/key-set.ts";
import { verifyToken } from "../../src/auth/verify.ts";
import { localVariables } from "../../src/commands/local.ts";
import { snippetsOfDocs } from "../e2e/snippets.ts";

const nowMs = Date.UTC(2026, 10, 30);
const examples = snippetsOfDocs().filter(
  ({ page, language }) => page === "docs/guides/tokens.md" && language === "toml",
);

/** The variables of a block of TOML that holds nothing else. Throws for a line that is none. */
function variablesIn(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => /^([A-Z_]+) = "(.*)"$/.exec(line)?.slice(1) ?? [line]);
  return Object.fromEntries(lines) as Record<string, string>;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An identity service: signs tokens, and publishes the key that verifies them. */
function identityService() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const published = Object.assign(publicKey.export({ format: "jwk" }), { kid: "one", alg: "RS256" });
  return {
    keySet: () => new KeySet(() => Promise.resolve({ keys: [published] })),
    token: (claims: object) => {
      const signed = `${encode({ alg: "RS256", typ: "JWT", kid: "one" })}.${encode(claims)}`;
      return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
}

test.each(examples)(
  "[AD4] with the variables of $at a token of that service is good, and one of another tenant is not",
  async ({ text }) => {
    const variables = variablesIn(text);
    expect(Object.keys(variables).filter((name) => !localVariables.includes(name as never))).toEqual([]);
    const config = readAuthConfig(variables);
    expect(config).toMatchObject({
      jwksUrl: expect.stringMatching(/^https:\/\//),
      issuer: expect.any(String),
    });
    const { keySet, token } = identityService();
    const claims = {
      iss: config.issuer,
      ...(config.audience !== undefined && { aud: config.audience }),
      [config.userClaim]: "user-1",
      [config.nameClaim]: "Ann",
      exp: nowMs / 1_000 + 60,
    };
    const good = await verifyToken(token(claims), config, nowMs, keySet);
    expect(good).toMatchObject({ ok: true, user: "user-1", profile: { name: "Ann" } });
    const others = [
      { ...claims, iss: `${config.issuer}-2` },
      ...(config.audience === undefined ? [] : [{ ...claims, aud: "another" }]),
    ];
    for (const other of others) {
      const refused = await verifyToken(token(other), config, nowMs, keySet);
      expect(refused).toMatchObject({ ok: false, refusal: { code: "unauthorized" } });
    }
  },
);

test("the guide on tokens has an example for each of four identity services", () => {
  const hosts = examples.map(({ text }) => new URL(variablesIn(text)["JWT_JWKS_URL"] ?? "").hostname);
  expect(hosts).toEqual([
    "www.googleapis.com",
    "your_tenant.auth0.com",
    "your_frontend_api",
    "your_project.supabase.co",
  ]);
});
