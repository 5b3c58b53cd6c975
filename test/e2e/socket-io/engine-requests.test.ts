import { expect, test } from "vitest";
import { conformingWorker } from "./conformance.ts";
import { RawPolling, RawSocket } from "./raw-session.ts";

const server = conformingWorker("slow");
const origin = "https://app.example";

test("[EN1] a handshake is answered with whole numbers and a session's id, on both transports", async () => {
  const response = await fetch(`${server.engine}?EIO=4&transport=polling&t=abc&b64=1`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; charset=UTF-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const packet = await response.text();
  expect(JSON.parse(packet.slice(1))).toEqual({
    sid: expect.stringMatching(/^[0-9a-f]{64}$/),
    upgrades: ["websocket"],
    pingInterval: 25_000,
    pingTimeout: 60_000,
    maxPayload: 1_000_000,
  });
  const socket = await RawSocket.open(server.engine);
  const first = String(await socket.frame(0));
  expect(JSON.parse(first.slice(1))).toMatchObject({ upgrades: [], pingInterval: 25_000 });
  expect([packet[0], first[0]]).toEqual(["0", "0"]);
  socket.close();
});

test("[EN1] the path may end with a slash or not", async () => {
  const response = await fetch(`${server.engine.slice(0, -1)}?EIO=4&transport=polling`);
  expect(response.status).toBe(200);
});

test("[EN1] an upgrade without a session is a WebSocket's, whatever it calls itself", async () => {
  const socket = new WebSocket(`${server.engine.replace("http", "ws")}?EIO=4&transport=polling`);
  const first = await new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(String(data)));
  });
  expect(first[0]).toBe("0");
  socket.close();
});

const refusals = [
  ["no transport", "GET", "EIO=4", 0, "Transport unknown"],
  ["another transport", "GET", "EIO=4&transport=flash", 0, "Transport unknown"],
  ["a session nobody has", "GET", "EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"],
  ["a post to a session nobody has", "POST", "EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"],
  ["a post without a session", "POST", "EIO=4&transport=polling", 2, "Bad handshake method"],
  ["a put without a session", "PUT", "EIO=4&transport=polling", 2, "Bad handshake method"],
  ["a WebSocket that is no upgrade", "GET", "EIO=4&transport=websocket", 3, "Bad request"],
  ["no version", "GET", "transport=polling", 5, "Unsupported protocol version"],
  ["version 3", "GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"],
  ["a wrong transport before a wrong session", "GET", "EIO=3&transport=x&sid=abc", 0, "Transport unknown"],
  [
    "a wrong session before a wrong version",
    "POST",
    "EIO=3&transport=polling&sid=abc",
    1,
    "Session ID unknown",
  ],
  ["a wrong method before a wrong version", "POST", "EIO=3&transport=polling", 2, "Bad handshake method"],
] as const;

test.each(refusals)(
  "[EN2][EN3] %s is refused, and a page may read why",
  async (_, method, query, code, message) => {
    const response = await fetch(`${server.engine}?${query}`, { method, headers: { origin } });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ code, message });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toContain("Origin");
  },
);

test("[EN2] an upgrade that is refused does not open", async () => {
  await expect(RawSocket.open(server.engine, "abc")).rejects.toThrow("refused");
  await expect(RawSocket.open(server.engine.replace("engine", "nothing"))).rejects.toThrow("refused");
});

test("[EN2] a live session refuses a method that it does not have", async () => {
  const session = await RawPolling.open(server.engine);
  const response = await fetch(session.address, { method: "PUT", body: "4x" });
  expect([response.status, await response.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
  expect((await session.post("4x")).status).toBe(200);
});

test("[EN3] a preflight is answered, with the headers that were asked for", async () => {
  const response = await fetch(`${server.engine}?EIO=4&transport=polling`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-one,x-two",
    },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-methods")).toBe("GET,POST");
  expect(response.headers.get("access-control-allow-headers")).toBe("x-one,x-two");
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  expect(response.headers.get("access-control-allow-credentials")).toBe("true");
});

test("[EN3] polls and posts of a page can be read by it", async () => {
  const session = await RawPolling.open(server.engine);
  const posted = await fetch(session.address, { method: "POST", body: "4x", headers: { origin } });
  const polled = await fetch(session.address, { headers: { origin } });
  for (const response of [posted, polled]) {
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  }
});
