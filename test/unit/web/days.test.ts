import { afterEach, describe, expect, test } from "vitest";
import {
  clockText,
  dayOf,
  dayText,
  fullTimeText,
  lastSeenText,
  listTimeText,
} from "../../../src/web/reading/days.ts";

const zone = process.env["TZ"];

afterEach(() => {
  if (zone === undefined) {
    delete process.env["TZ"];
  } else {
    process.env["TZ"] = zone;
  }
});

function inZone(name: string): void {
  process.env["TZ"] = name;
}

describe("[WEB2] days and times of the reader", () => {
  test("[WEB2] the same moment is another day in another zone", () => {
    const late = Date.UTC(2026, 10, 22, 23, 30);
    inZone("UTC");
    expect([dayOf(late), clockText(late, "en-GB")]).toEqual(["2026-11-22", "23:30"]);
    inZone("Asia/Tokyo");
    expect([dayOf(late), clockText(late, "en-GB")]).toEqual(["2026-11-23", "08:30"]);
  });

  test("[WEB2] a day is named by how long ago it was", () => {
    inZone("Europe/Berlin");
    const nowMs = new Date(2026, 10, 23, 9).getTime();
    const daysAgo = (days: number) =>
      dayText(new Date(2026, 10, 23 - days, 23, 59).getTime(), nowMs, "en-GB");
    expect([0, 1, 3, 20].map(daysAgo)).toEqual(["Today", "Yesterday", "Friday", "Tuesday 3 November"]);
    expect(dayText(new Date(2024, 1, 29).getTime(), nowMs, "en-GB")).toBe("Thursday, 29 February 2024");
  });

  test("[WEB2] a night in which the clocks change is one night", () => {
    inZone("Europe/Berlin");
    const before = new Date(2026, 9, 24, 23, 59).getTime();
    expect(dayText(before, new Date(2026, 9, 25, 23, 59).getTime(), "en-GB")).toBe("Yesterday");
    expect(dayText(before, new Date(2026, 9, 26, 0, 1).getTime(), "en-GB")).toBe("Saturday");
  });

  // Berlin loses an hour on 29 March and gains one on 25 October; Cairo has no midnight on 24 April.
  test.for([
    ["Europe/Berlin", "2026-03-29"],
    ["Europe/Berlin", "2026-10-25"],
    ["Africa/Cairo", "2026-04-24"],
    ["Australia/Lord_Howe", "2026-10-04"],
    ["Australia/Lord_Howe", "2026-04-05"],
  ] as const)("[WEB2] in %s the days around %s are named right, from each hour to each", ([name, date]) => {
    inZone(name);
    const at = (offsetDays: number, hour: number) => {
      const day = new Date(`${date}T00:00:00`);
      return new Date(day.getFullYear(), day.getMonth(), day.getDate() + offsetDays, hour, 30).getTime();
    };
    const hours = [0, 3, 12, 23];
    const moments = [0, 1, 2].flatMap((today) =>
      hours.flatMap((from) => hours.map((to) => ({ today, from, to }))),
    );
    for (const { today, from, to } of moments) {
      const named = (daysAgo: number) => dayText(at(today - daysAgo, from), at(today, to), "en-GB");
      expect([0, 1].map(named)).toEqual(["Today", "Yesterday"]);
      expect([2, 6].map(named).join()).toMatch(/^[A-Z][a-z]+day,[A-Z][a-z]+day$/);
      expect([7, -1].map(named).join()).toMatch(/^[A-Z][a-z]+day \d+ \w+,[A-Z][a-z]+day \d+ \w+$/);
      const yesterday = at(today - 1, from);
      expect(listTimeText(yesterday, at(today, to), "en-GB")).toMatch(/^[A-Z][a-z]{2}$/);
      expect(lastSeenText(at(today - 1, 0), at(today, to), "en-GB")).toContain("yesterday");
    }
  });

  test("[WEB2] a date that is not of this year has its year, in the log, in the list and where a person was last seen", () => {
    inZone("UTC");
    const nowMs = Date.UTC(2026, 0, 20, 12);
    const lastYear = Date.UTC(2025, 11, 5, 8);
    expect(dayText(lastYear, nowMs, "en-GB")).toBe("Friday, 5 December 2025");
    expect(listTimeText(lastYear, nowMs, "en-GB")).toBe("5 Dec 2025");
    expect(lastSeenText(lastYear, nowMs, "en-GB")).toBe("last seen 5 December 2025");
    expect(listTimeText(Date.UTC(2026, 0, 2), nowMs, "en-GB")).toBe("2 Jan");
    // A week that began in the old year.
    expect(listTimeText(Date.UTC(2025, 11, 30), Date.UTC(2026, 0, 3), "en-GB")).toBe("Tue");
  });

  test("[WEB2] the list shows a time, a weekday or a date", () => {
    inZone("UTC");
    const nowMs = Date.UTC(2026, 10, 23, 12);
    const texts = [Date.UTC(2026, 10, 23, 8, 5), Date.UTC(2026, 10, 21), Date.UTC(2026, 8, 3)];
    expect(texts.map((time) => listTimeText(time, nowMs, "en-GB"))).toEqual(["08:05", "Sat", "3 Sept"]);
    expect(fullTimeText(nowMs, "en-GB")).toContain("2026");
  });

  test("[WEB9] last seen is told as people say it", () => {
    inZone("UTC");
    const nowMs = Date.UTC(2026, 10, 23, 12);
    const ago = (minutes: number) => lastSeenText(nowMs - minutes * 60_000, nowMs, "en-GB");
    expect([-1, 5, 200, 1_000].map(ago)).toEqual([
      "last seen just now",
      "last seen 5 minutes ago",
      "last seen today at 08:40",
      "last seen yesterday at 19:20",
    ]);
    expect(ago(20_000)).toBe("last seen 9 November");
  });
});
