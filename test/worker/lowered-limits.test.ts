import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { stubOf } from "./by-hand.ts";
import { deployWith, freshUsers } from "./clients.ts";
import { ways, writerOf } from "./ways.ts";

const long = "x".repeat(100);

test.each(ways)(
  "[SE5][SE8][CH3] over %s a retry of what was stored before MAX_TEXT_BYTES was lowered gets its first answer",
  async (way) => {
    const users = freshUsers();
    const before = await writerOf(way, users.a, users.b);
    const send = { type: "send", id: "long", text: long } as const;
    expect(await before.write(send)).toMatchObject({ seq: 1, rev: 1 });
    expect(await before.write({ ...send, id: "other", text: "short" })).toMatchObject({ seq: 2, rev: 2 });
    const edit = { type: "edit", id: "edit", seq: 2, text: long } as const;
    expect(await before.write(edit)).toMatchObject({ rev: 3 });

    deployWith({ MAX_TEXT_BYTES: "50", EDIT_WINDOW_SECONDS: "1" });
    await evictDurableObject(stubOf(users));
    const { write } = await writerOf(way, users.a, users.b);
    expect(await write(send)).toMatchObject({ seq: 1, rev: 1 });
    expect(await write(edit)).toMatchObject({ rev: 3 });
    expect(await write({ ...send, id: "new" })).toMatchObject({ code: "bad_text", field: "text" });
    expect(await write({ ...edit, id: "new" })).toMatchObject({ code: "bad_text", field: "text" });
    expect(await write({ ...send, id: "51", text: "x".repeat(51) })).toMatchObject({ code: "bad_text" });
    expect(await write({ ...send, id: "50", text: "x".repeat(50) })).toMatchObject({ seq: 3, rev: 4 });
  },
);

test.each(ways)("[SE5][SE9] over %s a retry is answered when the allowance is used up", async (way) => {
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "2" });
  const users = freshUsers();
  const { write } = await writerOf(way, users.a, users.b);
  const send = { type: "send", id: "one", text: "one" } as const;
  const edit = { type: "edit", id: "two", seq: 1, text: "two" } as const;
  expect(await write(send)).toMatchObject({ seq: 1, rev: 1 });
  expect(await write(edit)).toMatchObject({ rev: 2 });
  expect(await write({ ...send, id: "new" })).toMatchObject({ code: "rate_limited" });
  expect(await write(send)).toMatchObject({ seq: 1, rev: 1 });
  expect(await write(edit)).toMatchObject({ rev: 2 });
  for (let repeats = 3; repeats <= 8; repeats += 1) {
    expect(await write(send)).toMatchObject({ seq: 1, rev: 1 });
  }
  // Four times as many as sends: a flood of repeats ends too.
  expect(await write(send)).toMatchObject({ code: "rate_limited" });
});
