import type { Planted } from "../proof/planted.ts";

/** What a fuzzer must see. Each file is a piece of the Worker, changed while it is bundled. */
interface Bug extends Planted {
  readonly bug: string;
  /** A part of the finding. */
  readonly finds: string;
}

/** Answers that tell too much, or something else than what is written. */
const answers: readonly Bug[] = [
  {
    bug: "a frame that repeats what was sent",
    file: "protocol/client-frame.ts",
    from: 'return { ok: false, message: "the frame is not JSON", about: {} };',
    to: "return { ok: false, message: text, about: {} };",
    finds: "a secret came back in a frame",
  },
  {
    bug: "a refusal that repeats the signature of a token",
    file: "auth/verify.ts",
    from: 'return fault(error instanceof KeysUnavailable ? "keys_unavailable" : "unauthorized");',
    to: 'return fault("unauthorized", token.split(".").at(-1));',
    finds: "a secret came back in an answer",
  },
  {
    bug: "a list with a field that the contract does not have",
    file: "http/list.ts",
    from: "await conversationList(context.env.DB, user, asked, Date.now())",
    to: "{ ...(await conversationList(context.env.DB, user, asked, Date.now())), extra: 1 }",
    finds: "get /v1/conversations 200: ",
  },
];

/** What users would not notice at once. */
const silent: readonly Bug[] = [
  {
    bug: "a token whose signature is not looked at",
    file: "auth/verify.ts",
    from: 'return verify(token, config.secret, { alg: "HS256", ...checks });',
    to: 'return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));',
    finds: "a forged token was answered",
  },
  {
    bug: "a log with a token",
    file: "auth/verify.ts",
    from: "  const header = decodeHeader(token);",
    to: "  console.log(token);\n  const header = decodeHeader(token);",
    finds: "the log has a token",
  },
  {
    bug: "memory that is not given back",
    file: "websocket/frame-handler.ts",
    from: "  connection.badFrames = 0;",
    to: "  (globalThis.kept ??= []).push(new Uint8Array(1_048_576).fill(1));\n  connection.badFrames = 0;",
    finds: "memory is not flat",
  },
];

/** Objects that fail, each in a way of its own. */
const failures: readonly Bug[] = [
  {
    bug: "an exception that nobody catches",
    file: "websocket/frame-handler.ts",
    from: "  connection.badFrames = 0;",
    to: '  connection.badFrames = 0;\n  if (frame.type === "react") { throw new TypeError("planted"); }',
    finds: "TypeError: planted",
  },
  {
    bug: "a socket that is closed for a failure of the server's",
    file: "websocket/frame-handler.ts",
    from: "    } else if (verdict.ok) {",
    to: '    } else if (!verdict.ok) {\n      connections.end(connection, "internal");\n    } else if (verdict.ok) {',
    finds: "closed with 4500",
  },
  {
    // Its sockets close without a word.
    bug: "an object that is reset",
    file: "conversation/object.ts",
    from: "      receiveFrame(this.#conversation, device, data);",
    to: '      if (String(data).startsWith(\'{"type":"delete"\')) { this.ctx.abort("planted"); }\n      receiveFrame(this.#conversation, device, data);',
    finds: "closed with 1006",
  },
];

/** Planted together where one does not hide another. */
export const plantedTogether: readonly (readonly Bug[])[] = [answers, silent, failures];
