import * as fc from "fast-check";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Tokens that are almost one: a character changed, a part exchanged, another algorithm named. */
export function bentTokens(token: string): fc.Arbitrary<string> {
  const [head = "", claims = "", signature = ""] = token.split(".");
  return fc.oneof(
    // Within the claims, where every bit of a character counts.
    fc
      .nat(claims.length - 5)
      .map(
        (at) =>
          `${head}.${claims.slice(0, at)}${claims[at] === "A" ? "B" : "A"}${claims.slice(at + 1)}.${signature}`,
      ),
    fc
      .constantFrom("none", "HS512", "RS256", "", null)
      .map((alg) => `${encode({ alg, typ: "JWT" })}.${claims}.${signature}`),
    fc.jsonValue().map((value) => `${head}.${encode(value)}.${signature}`),
    fc.constantFrom("", ".", "..", `${head}.${claims}.`, claims, "x.y.z"),
    fc.base64String().map((text) => `${head}.${claims}.${text.replaceAll(/[^\w-]/g, "")}x`),
  );
}
