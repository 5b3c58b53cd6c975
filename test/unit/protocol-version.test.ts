import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import * as chats from "../../src/protocol/chats.ts";
import { clientFrameSchema } from "../../src/protocol/client-frame.ts";
import { conversationListSchema } from "../../src/protocol/conversation-list.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import { inboxClientFrameSchema, inboxServerFrameSchema } from "../../src/protocol/inbox-frame.ts";
import * as rest from "../../src/protocol/rest.ts";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import { verificationSchema, verifyBodySchema } from "../../src/protocol/verification.ts";
import { protocolVersion } from "../../src/protocol/version.ts";

// A shape changed: if old clients can live with it, pin the new hash and note it in version.ts; else it is a new version.
const pinned = { version: "pairline.v1", hash: "f748aa7d64410e56" };

test("the JSON Schemas of every frame, body and answer are those of the pinned version", () => {
  const schemas = {
    clientFrame: clientFrameSchema,
    serverFrame: serverFrameSchema,
    inboxClientFrame: inboxClientFrameSchema,
    inboxServerFrame: inboxServerFrameSchema,
    problem: problemSchema,
    sendBody: rest.sendBodySchema,
    sendAnswer: rest.sendAnswerSchema,
    editBody: rest.editBodySchema,
    changeAnswer: rest.changeAnswerSchema,
    readBody: rest.readBodySchema,
    readAnswer: rest.readAnswerSchema,
    page: rest.pageSchema,
    summary: rest.ownSummarySchema,
    conversationList: conversationListSchema,
    flagsBody: rest.flagsBodySchema,
    user: rest.userSchema,
    adminUserBody: rest.adminUserBodySchema,
    adminUser: rest.adminUserSchema,
    presenceBody: rest.presenceBodySchema,
    chatsAnswer: chats.chatsAnswerSchema,
    chatAnswer: chats.chatAnswerSchema,
    health: rest.healthSchema,
    verifyBody: verifyBodySchema,
    verification: verificationSchema,
  };
  // What is parsed to something else is pinned as it is sent.
  const chatBody = z.toJSONSchema(chats.chatBodySchema, { io: "input" });
  const shapes = Object.entries(schemas).map(([name, schema]) => [name, z.toJSONSchema(schema)]);
  const hash = createHash("sha256")
    .update(JSON.stringify([...shapes, ["chatBody", chatBody]]))
    .digest("hex")
    .slice(0, 16);
  expect({ version: protocolVersion, hash }).toEqual(pinned);
});
