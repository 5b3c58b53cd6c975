import { expect, test } from "vitest";
import { PairlineError, type PairlineErrorCode } from "../../../src/client/index.ts";
import { bannerOf, type Circumstances } from "../../../src/web/reading/banner.ts";

const at: Circumstances = { wasOpen: true, isOnline: true, failure: undefined, isTokenFixed: false };
const failed = (code: PairlineErrorCode) => new PairlineError(code, "for developers");
const waiting = (code: PairlineErrorCode) =>
  bannerOf({ state: "waiting", retryAtMs: 0, error: failed(code) }, { ...at, failure: failed(code) });
const stopped = (code: PairlineErrorCode, isTokenFixed: boolean) =>
  bannerOf({ state: "stopped", error: failed(code) }, { ...at, isTokenFixed });

test("[WEB6] the banner tells of an outage, not of the first connecting", () => {
  expect(bannerOf({ state: "connecting" }, { ...at, wasOpen: false })).toBeUndefined();
  expect(bannerOf({ state: "open" }, at)).toBeUndefined();
  expect(bannerOf({ state: "closed" }, { ...at, isOnline: false })).toBeUndefined();
  expect(bannerOf({ state: "connecting" }, at)).toMatchObject({ tone: "warning", canTry: false });
});

test("[WEB6] offline is said only where the browser has no network; else that the server cannot be reached", () => {
  for (const state of ["open", "connecting"] as const) {
    const offline = bannerOf({ state }, { ...at, isOnline: false });
    expect(offline).toMatchObject({ tone: "warning", canTry: false });
    expect(offline?.text).toMatch(/^You are offline\./);
  }
  expect(waiting("network")).toMatchObject({ canTry: true });
  expect(waiting("network")?.text).toMatch(/^The server cannot be reached\./);
  expect(waiting("no_token")?.text).toMatch(/^You cannot be signed in at the moment\./);
  expect(waiting("not_migrated")?.text).toMatch(/^The server is not set up yet\./);
  expect(waiting("internal")?.text).toMatch(/^The server is not available at the moment\./);
});

test("[WEB6] the text stays the same from try to try, also before the first connection", () => {
  const trying = bannerOf({ state: "connecting" }, { ...at, wasOpen: false, failure: failed("network") });
  expect(trying).toEqual(waiting("network"));
});

test("[WEB13] where only the app can help nothing is offered that does not", () => {
  for (const code of ["unauthorized", "token_expired", "no_token"] as const) {
    expect(stopped(code, true)).toEqual({
      tone: "error",
      text: "You are signed out. Open the chat from your app again.",
      canTry: false,
    });
    expect(stopped(code, false)).toMatchObject({ text: "You are signed out.", canTry: true });
  }
  expect(stopped("device_limit", true)).toMatchObject({ canTry: true });
});
