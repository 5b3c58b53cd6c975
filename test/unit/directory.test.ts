import { expect, test } from "vitest";
import { ArchiveError } from "../../src/archive/database.ts";
import { readUser, setUser, type FoundUser } from "../../src/archive/users.ts";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import { BoundedMap, mapBudget } from "../../src/users/bounded-map.ts";
import {
  Directory,
  directoryOf,
  foundMaxAgeMs,
  reportEveryMs,
  retryAfterMs,
} from "../../src/users/directory.ts";
import { profileOf, resolvePeer, resolveUser } from "../../src/users/resolve.ts";
import { SqliteD1 } from "./sqlite-d1.ts";

const alice = { id: "7", profile: { name: "Alice" }, aliases: ["alice@mail.example"], setAtMs: 1 };
const on = { aliases: true, peers: "any" } as const;
const off = { aliases: false, peers: "any" } as const;
const known = { aliases: true, peers: "known" } as const;

/** A database that knows Alice, and a directory of it that counts its questions. */
async function world() {
  const d1 = new SqliteD1();
  await setUser(d1.binding, alice);
  let asked = 0;
  const reported: unknown[] = [];
  const directory = new Directory(
    (name, timeoutMs) => {
      asked += 1;
      return readUser(d1.binding, { name, aliases: true, timeoutMs });
    },
    (event, fields) => void reported.push({ event, ...fields }),
  );
  return { d1, directory, asked: () => asked, reported };
}

/** A binding, as an isolate has it, of a database that knows Alice. */
async function named() {
  const sqlite = new SqliteD1();
  const { binding } = sqlite;
  await setUser(binding, alice);
  return { sqlite, binding };
}

const bobTo = (name: string) => ({ user: "bob", name });

test("[US6] an id and an alias lead to the same user, another name to itself", async () => {
  const { directory } = await world();
  const found = { id: "7", known: true, profile: { name: "Alice" } };
  expect(await directory.find("7", 0)).toEqual(found);
  expect(await directory.find("alice@mail.example", 0)).toEqual(found);
  expect(await directory.find("Alice@mail.example", 0)).toEqual({ id: "Alice@mail.example", known: false });
});

test("[US7] hits and misses serve a minute, and then the archive is asked again", async () => {
  const { d1, directory, asked } = await world();
  await directory.find("7", 0);
  await directory.find("8", 0);
  await setUser(d1.binding, { id: "8", profile: {}, setAtMs: 2 });
  await setUser(d1.binding, { id: "7", profile: {}, setAtMs: 2 });
  expect(await directory.find("7", foundMaxAgeMs - 1)).toHaveProperty("profile");
  expect(await directory.find("8", foundMaxAgeMs - 1)).toMatchObject({ known: false });
  expect(asked()).toBe(2);
  expect(await directory.find("7", foundMaxAgeMs)).not.toHaveProperty("profile");
  expect(await directory.find("8", foundMaxAgeMs)).toMatchObject({ known: true });
  expect(asked()).toBe(4);
});

test("[US7] while D1 fails an expired answer serves on, and D1 is asked for it every five seconds", async () => {
  const { d1, directory, asked } = await world();
  await directory.find("alice@mail.example", 0);
  d1.isDown = true;
  expect(await directory.find("alice@mail.example", foundMaxAgeMs)).toMatchObject({ id: "7" });
  await directory.find("alice@mail.example", foundMaxAgeMs + retryAfterMs - 1);
  expect(asked()).toBe(2);
  await directory.find("alice@mail.example", foundMaxAgeMs + retryAfterMs);
  expect(asked()).toBe(3);
  await expect(directory.find("bob@mail.example", 0)).rejects.toThrow(ArchiveError);
});

test("[US5][US7] what was forgotten is asked for again, under every name of the user", async () => {
  const { d1, directory } = await world();
  await directory.find("7", 0);
  await directory.find("alice@mail.example", 0);
  await directory.find("a2", 0);
  await setUser(d1.binding, { ...alice, profile: { name: "Al" }, aliases: ["a2"] });
  directory.forget("7", ["a2"]);
  expect(await directory.find("7", 1)).toMatchObject({ profile: { name: "Al" } });
  expect(await directory.find("a2", 1)).toMatchObject({ id: "7" });
  expect(await directory.find("alice@mail.example", 1)).toMatchObject({ known: false });
});

test("[US5][US7] an answer that was on its way while its user changed is not kept, another one is", async () => {
  const answers: ((user: FoundUser) => void)[] = [];
  const directory = new Directory(() => new Promise((resolve) => void answers.push(resolve)));
  const byAlias = directory.find("alias", 0);
  const other = directory.find("8", 0);
  directory.forget("7");
  answers[0]?.({ id: "7", known: true, profile: { name: "old" } });
  answers[1]?.({ id: "8", known: true });
  await Promise.all([byAlias, other]);
  expect(await directory.find("8", 1)).toEqual({ id: "8", known: true });
  expect(answers).toHaveLength(2);
  void directory.find("alias", 1);
  expect(answers).toHaveLength(3);
});

test("[US6][US8] names are looked up only where something hangs on it", async () => {
  const { sqlite, binding } = await named();
  sqlite.isDown = true;
  expect(await resolveUser(binding, off, "alice@mail.example", 0)).toBe("alice@mail.example");
  expect(await resolvePeer(binding, off, bobTo("alice@mail.example"), 0)).toBe("alice@mail.example");
  await expect(resolveUser(binding, on, "7", 0)).rejects.toThrow(ArchiveError);
  for (const naming of [on, known, { ...known, aliases: false }]) {
    expect(await resolvePeer(binding, naming, bobTo("7"), 0)).toMatchObject({ code: "archive_unavailable" });
  }
  expect(await resolvePeer(binding, known, bobTo("bob"), 0)).toMatchObject({ code: "bad_peer" });
  expect(await profileOf(binding, off, "7", 0)).toBeUndefined();
});

test("[US6][US8] a peer is whom an alias stands for, unknown where that counts, and never oneself", async () => {
  const { binding } = await named();
  expect(await resolveUser(binding, on, "alice@mail.example", 0)).toBe("7");
  expect(await resolvePeer(binding, known, bobTo("alice@mail.example"), 0)).toBe("7");
  expect(await resolvePeer(binding, on, bobTo("nobody"), 0)).toBe("nobody");
  for (const naming of [known, { ...known, aliases: false }]) {
    expect(await resolvePeer(binding, naming, bobTo("nobody"), 0)).toEqual({
      code: "unknown_peer",
      field: "peer",
      message: errorCatalogue.unknown_peer.title,
    });
  }
  const byLiteral = await resolvePeer(binding, { ...known, aliases: false }, bobTo("alice@mail.example"), 0);
  expect(byLiteral).toMatchObject({ code: "unknown_peer" });
  const self = { user: "7", name: "alice@mail.example" };
  expect(await resolvePeer(binding, on, self, 0)).toMatchObject({ code: "bad_peer", field: "peer" });
  expect(await profileOf(binding, on, "alice@mail.example", 0)).toEqual({ name: "Alice" });
});

test("[US7] one directory serves all requests of a database, and another deployment's names are its own", () => {
  const { binding } = new SqliteD1();
  expect(directoryOf(binding, on)).toBe(directoryOf(binding, known));
  expect(directoryOf(binding, on)).not.toBe(directoryOf(binding, off));
  expect(directoryOf(new SqliteD1().binding, on)).not.toBe(directoryOf(binding, on));
});

test("[US7] memory is bounded by entries and by characters, and what was set longest ago goes first", () => {
  const lengths = new BoundedMap<string>((value) => value.length);
  for (let nth = 0; nth <= mapBudget.entries; nth += 1) {
    lengths.set(`${nth}`, "");
  }
  expect([lengths.size, lengths.get("0"), lengths.get("1")]).toEqual([mapBudget.entries, undefined, ""]);
  const half = "x".repeat(mapBudget.characters / 2 - 1);
  lengths.set("1", half);
  lengths.set("a", half);
  expect([lengths.size, lengths.get("1")]).toEqual([2, half]);
  lengths.set("1", "short again");
  lengths.set("b", "y");
  expect([lengths.size, lengths.get("a")]).toEqual([3, half]);
});

test("[OP3] failed look-ups are a line every half minute, with how many they were", async () => {
  const { d1, directory, reported } = await world();
  await directory.find("7", 0);
  d1.isDown = true;
  for (let nth = 0; nth <= 10; nth += 1) {
    const nowMs = foundMaxAgeMs + (nth * reportEveryMs) / 10;
    expect(await directory.find("7", nowMs)).toMatchObject({ id: "7" });
    await expect(directory.find("nobody yet", nowMs)).rejects.toThrow(ArchiveError);
  }
  const line = { event: "user_lookup_failed", fault: "unavailable" };
  expect(reported).toEqual([
    { ...line, failures: 1 },
    { ...line, failures: expect.any(Number) as number },
  ]);
});
