import { expect, test } from "vitest";
import { runFuzz } from "./run.ts";

test("[ER1][SO5][AD4] twenty thousand frames that are nearly right, and requests and tokens beside them, find nothing", async () => {
  const { findings, answers, memoryMiB } = await runFuzz({ seed: 7, frames: 20_000 });
  expect(findings).toEqual([]);
  expect(answers).toBeGreaterThan(5_000);
  expect(memoryMiB).toHaveLength(10);
});

test.each([
  {
    bug: "an answer that repeats what was sent",
    file: "protocol/client-frame.ts",
    from: 'return { ok: false, message: "the frame is not JSON", about: {} };',
    to: "return { ok: false, message: text, about: {} };",
    finds: "a secret came back",
  },
  {
    bug: "an exception that nobody catches",
    file: "sockets/receive.ts",
    from: "  connection.badFrames = 0;",
    to: '  connection.badFrames = 0;\n  if (frame.type === "react") { throw new TypeError("planted"); }',
    finds: "logged",
  },
  {
    bug: "a token whose signature is not looked at",
    file: "auth/verify.ts",
    from: 'return verify(token, config.secret, { alg: "HS256", ...checks });',
    to: 'return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));',
    finds: "a forged token was answered",
  },
])("it finds $bug", async ({ file, from, to, finds }) => {
  const { findings } = await runFuzz({ seed: 7, frames: 2_000, planted: [{ file, from, to }] });
  expect(findings.join("\n")).toContain(finds);
});
