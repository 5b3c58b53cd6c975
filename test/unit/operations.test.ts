import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Metrics } from "../../src/observability/metrics.ts";
import { logEvents } from "../../src/observability/log-events.ts";
import { strangeLines } from "../proof/log-lines.ts";

const root = join(import.meta.dirname, "..", "..");
const guide = readFileSync(join(root, "docs", "guides", "operations.md"), "utf8");

/** The rows of the guide's table that begins with this head. */
function rowsBelow(head: string): string[][] {
  const [, table = ""] = guide.split(head);
  const rows = table.split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return rows.map((row) => row.split("|").map((cell) => cell.trim()));
}

const named = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

test("[OP3] the guide has every line of the log with its level and fields, in the list's order, and says something of each", () => {
  const rows = rowsBelow("| line | level | fields | what it says |");
  expect(rows.map(([, line, level, fields]) => [named(line)[0], level, named(fields)])).toEqual(
    Object.entries(logEvents).map(([name, { level, fields }]) => [name, level, fields]),
  );
  expect(rows.filter(([, , , , meaning = ""]) => meaning.length < 20)).toEqual([]);
});

test("[OP3] every line of the list is written somewhere, and by nothing but the list's name", () => {
  const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("observability/"))
    .concat("observability/index.ts")
    .map((path) => readFileSync(join(root, "src", path), "utf8"))
    .join("\n");
  const written = [...source.matchAll(/\breport\(\s*"([a-z_]+)"/g)].map(([, name = ""]) => name);
  expect([...new Set(written)].toSorted()).toEqual(Object.keys(logEvents).toSorted());
});

function lineWith(event: string, ...fields: string[]): string {
  return JSON.stringify({ event, object: "door", ...Object.fromEntries(fields.map((field) => [field, 1])) });
}

test("[OP3] a proof run finds lines that the list does not have, or with fields too many or too few", () => {
  const known = [
    lineWith("archive_slow", "ms", "lag"),
    lineWith("archive_slow", "ms"),
    lineWith("session_joined", "socketId", "requestId"),
    lineWith("session_lost"),
  ];
  const strange = [
    lineWith("nothing_of_ours"),
    lineWith("archive_slow", "lag"),
    lineWith("archive_slow", "ms", "text"),
    lineWith("session_joined", "requestId"),
    lineWith("session_lost", "requestId"),
  ];
  expect(strangeLines([...known, ...strange])).toHaveLength(strange.length);
  expect(strangeLines(known)).toEqual([]);
});

test("[OP5] the guide has every counter and a query for it", () => {
  const counters = rowsBelow("| counter | what | value | ms | when it is written |");
  const names = counters.flatMap(([, counter]) => named(counter));
  expect(names).toEqual(["sockets", "refused", "archive"]);
  expect(names.filter((name) => !guide.includes(`blob1 = '${name}'`))).toEqual([]);
});

/** What an object with a clock by hand writes. */
function counting() {
  const points: AnalyticsEngineDataPoint[] = [];
  const clock = { nowMs: 1_000_000 };
  const place = { kind: "conversation", id: "5b2f" } as const;
  const counters = new Metrics(
    { writeDataPoint: (point) => void points.push(point ?? {}) },
    place,
    () => clock.nowMs,
  );
  return { counters, points, clock };
}

test("[OP5] a point has the object, the counter, its kind, what, how much, how long, and when, no two at once", () => {
  const { counters, points } = counting();
  counters.record("socket_opened", { requestId: "r", sockets: 2 });
  counters.record("socket_closed", { requestId: "r", code: 1001, by: "client", openMs: 17, sockets: 1 });
  counters.record("commit_failed", { error: "Error" });
  counters.record("archive_flush_failed", { fault: "timeout", lag: 9, failingMs: 4_000 });
  const indexes = ["5b2f"];
  expect(points).toEqual([
    { indexes, blobs: ["sockets", "conversation", "opened"], doubles: [2, 0, 1_000_000] },
    { indexes, blobs: ["sockets", "conversation", "1001"], doubles: [1, 17, 1_000_001] },
    { indexes, blobs: ["archive", "conversation", "timeout"], doubles: [9, 4_000, 1_000_002] },
  ]);
});

test("[OP5] a session that was lost is no open socket any more", () => {
  const { counters, points } = counting();
  counters.record("session_opened", { requestId: "r", transport: "polling", sockets: 1 });
  counters.record("session_lost", {});
  expect(points.map(({ blobs, doubles }) => [blobs?.[2], doubles?.[0]])).toEqual([
    ["opened", 1],
    ["lost", 0],
  ]);
});

test("[OP5] what the guide says of sockets beside codes is left out of its query of closes", () => {
  const [sockets] = rowsBelow("| counter | what | value | ms | when it is written |");
  const others = named(sockets?.[2]).map((what) => `'${what}'`);
  expect(guide).toContain(`blob1 = 'sockets' AND blob3 NOT IN (${others.join(", ")})`);
});

test("[OP5] a thousand refusals in twenty seconds are three points, and none is lost", () => {
  const { counters, points, clock } = counting();
  for (let count = 0; count < 1_000; count += 1) {
    counters.countRefusal("rate_limited");
    clock.nowMs += 20;
  }
  counters.record("socket_closed", { requestId: "r", code: 1000, by: "client", openMs: 1, sockets: 0 });
  const refused = points.filter(({ blobs }) => blobs?.[0] === "refused");
  expect(refused).toHaveLength(3);
  expect(refused.reduce((sum, { doubles }) => sum + Number(doubles?.[0]), 0)).toBe(1_000);
});
