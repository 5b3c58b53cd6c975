import { expect, test } from "vitest";
import { admit } from "../../src/inbox/quota.ts";
import { readSettings } from "../../src/settings.ts";

const outstanding = (rate: string) =>
  readSettings({ RATE_LIMIT_PER_SECOND: rate }).limits.maxOutstandingCharacters;

test("defaults hold where a variable is missing or empty", () => {
  const { limits, allowedOrigins } = readSettings({ RATE_LIMIT_BURST: "", ALLOWED_ORIGINS: "" });
  expect(limits).toMatchObject({
    sendsPerSecond: 5,
    sendBurst: 20,
    maxTextBytes: 16_384,
    newConversationsPerHour: 60,
  });
  expect(allowedOrigins).toEqual([]);
});

test("a variable out of its range is named, its value is not", () => {
  for (const [name, value] of [
    ["RATE_LIMIT_PER_SECOND", "0"],
    ["RATE_LIMIT_BURST", "many-secret"],
    ["MAX_TEXT_BYTES", "21505"],
    ["NEW_CONVERSATIONS_PER_HOUR", "-1"],
    ["ALIASES", "yes-4711"],
    ["ALIASES", "On"],
    ["PEERS", "none-4711"],
    ["CHATS_API", "maybe-4711"],
    ["LOG_LINES", "some-4711"],
    ["SOCKETIO_PATHS", "no-slash-4711"],
    ["SOCKETIO_PATHS", "/socket.io,/a b-4711"],
    ["SOCKETIO_PING_INTERVAL_MS", "99"],
    ["SOCKETIO_PING_TIMEOUT_MS", "86400001"],
    ["SOCKETIO_MAX_PAYLOAD_BYTES", "1023"],
    ["SOCKETIO_MAX_PAYLOAD_BYTES", "1048577"],
    ["SOCKETIO_CONNECT_TIMEOUT_MS", "600001"],
    ["EDIT_WINDOW_SECONDS", "0"],
    ["EDIT_WINDOW_SECONDS", "1.5"],
    ["ALLOWED_ORIGINS", "app-4711.example"],
  ] as const) {
    const read = () => readSettings({ [name]: value });
    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  }
});

test("a number is written in decimal digits, or it is named", () => {
  const names = [
    "RATE_LIMIT_PER_SECOND",
    "RATE_LIMIT_BURST",
    "NEW_CONVERSATIONS_PER_HOUR",
    "MAX_TEXT_BYTES",
    "EDIT_WINDOW_SECONDS",
    "SOCKETIO_PING_INTERVAL_MS",
    "SOCKETIO_PING_TIMEOUT_MS",
    "SOCKETIO_MAX_PAYLOAD_BYTES",
    "SOCKETIO_CONNECT_TIMEOUT_MS",
  ];
  for (const name of names) {
    expect(() => readSettings({ [name]: " 2000 " })).not.toThrow();
    for (const value of [
      "2e3",
      "0x7d0",
      "0b111",
      "0o777",
      "2_000",
      "2,000",
      "+2000",
      "2000s",
      "2k",
      ".5",
      "5.",
    ]) {
      expect(() => readSettings({ [name]: value })).toThrow(name);
    }
  }
  expect(readSettings({ RATE_LIMIT_PER_SECOND: "0.5" }).limits.sendsPerSecond).toBe(0.5);
});

test("[US6][US8] aliases are off and peers any until a variable says otherwise", () => {
  for (const unset of [{}, { ALIASES: "", PEERS: " " }, { ALIASES: "off", PEERS: "any" }]) {
    expect(readSettings(unset)).toMatchObject({ aliases: false, peers: "any" });
  }
  expect(readSettings({ ALIASES: "on", PEERS: "known" })).toMatchObject({ aliases: true, peers: "known" });
});

test("[RA15] the replaced app's REST is there until it is switched off", () => {
  for (const unset of [{}, { CHATS_API: "" }, { CHATS_API: "on" }]) {
    expect(readSettings(unset).chatsApi).toBe(true);
  }
  expect(readSettings({ CHATS_API: "off" }).chatsApi).toBe(false);
});

test("[EN1][EN5][EN8][SI1][SI2] Socket.IO has its defaults where nothing is set, and takes what is in range", () => {
  const defaults = {
    paths: ["/socket.io", "/ws/sockets.io"],
    pingIntervalMs: 25_000,
    pingTimeoutMs: 60_000,
    maxPayloadBytes: 65_536,
    connectTimeoutMs: 10_000,
    authKeys: ["token", "Authorization"],
  };
  expect(readSettings({}).socketIo).toEqual(defaults);
  expect(readSettings({ SOCKETIO_PING_INTERVAL_MS: "", SOCKETIO_AUTH_KEYS: " " }).socketIo).toEqual(defaults);
  expect(
    readSettings({
      SOCKETIO_PATHS: "/socket.io/, /a/b-c_d.e",
      SOCKETIO_PING_INTERVAL_MS: "100",
      SOCKETIO_PING_TIMEOUT_MS: "86400000",
      SOCKETIO_MAX_PAYLOAD_BYTES: "1048576",
      SOCKETIO_CONNECT_TIMEOUT_MS: "600000",
      SOCKETIO_AUTH_KEYS: "jwt",
    }).socketIo,
  ).toEqual({
    paths: ["/socket.io", "/a/b-c_d.e"],
    pingIntervalMs: 100,
    pingTimeoutMs: 86_400_000,
    maxPayloadBytes: 1_048_576,
    connectTimeoutMs: 600_000,
    authKeys: ["jwt"],
  });
  expect(readSettings({ SOCKETIO_PATHS: "" }).socketIo.paths).toEqual([]);
});

test("[ED3] messages may be edited for ever, unless a number of seconds is set", () => {
  for (const unset of [{}, { EDIT_WINDOW_SECONDS: "" }, { EDIT_WINDOW_SECONDS: " " }]) {
    expect(readSettings(unset).limits).not.toHaveProperty("editWindowMs");
  }
  expect(readSettings({ EDIT_WINDOW_SECONDS: "60" }).limits.editWindowMs).toBe(60_000);
});

test("[AD8] origins are a list with commas", () => {
  const { allowedOrigins } = readSettings({ ALLOWED_ORIGINS: "https://a.example, https://b.example ," });
  expect(allowedOrigins).toEqual(["https://a.example", "https://b.example"]);
});

test.each([
  ["https://a.example/", "https://a.example"],
  ["https://A.Example:443", "https://a.example"],
  ["http://localhost:80", "http://localhost"],
  ["http://localhost:8080", "http://localhost:8080"],
  ["http://[::1]:8080", "http://[::1]:8080"],
  ["https://bücher.example", "https://xn--bcher-kva.example"],
  ["capacitor://localhost", "capacitor://localhost"],
  ["null", "null"],
  ["*", "*"],
])("[AD8] the origin %s is %s, as browsers send it", (written, origin) => {
  expect(readSettings({ ALLOWED_ORIGINS: `https://b.example,${written}` }).allowedOrigins).toEqual([
    "https://b.example",
    origin,
  ]);
});

test.each([
  "https://a.example/app",
  "https://a.example//",
  "https://a.example/?",
  "https://a.example?x=1",
  "https://a.example#top",
  "https://user@a.example",
  "https://*.a.example",
  "https://a.example:*",
  "https://a.example https://b.example",
  "https://a.example;https://b.example",
  '"https://a.example"',
  "a.example",
  "localhost:8080",
  "//a.example",
  "https:a.example",
  "https://",
  "file:///",
])("[AD8] %s, which would never match an origin, is refused with what is expected", (written) => {
  const read = () => readSettings({ ALLOWED_ORIGINS: `https://b.example,${written}` });
  expect(read).toThrow(/^ALLOWED_ORIGINS must be \* or origins like/);
});

test("[AD9] the address of published keys is a whole one, or what is expected is said", () => {
  for (const address of [
    "id.example/jwks.json",
    "//id.example",
    "ftp://id.example",
    "https://",
    "https:id.example",
  ]) {
    expect(() => readSettings({ JWT_JWKS_URL: address })).toThrow(/^JWT_JWKS_URL must be a whole/);
  }
  for (const address of ["", "https://id.example/jwks.json", "http://127.0.0.1:9000/keys"]) {
    expect(() => readSettings({ JWT_JWKS_URL: address })).not.toThrow();
  }
});

test("[SO8] what may wait for a reader grows with the rate, between 4 and 64 Mi characters", () => {
  expect([outstanding("1"), outstanding("5"), outstanding("1000")]).toEqual([
    4_194_304, 9_830_400, 67_108_864,
  ]);
});

test("[SE10] an hour admits its limit and not one more; the next hour begins anew", () => {
  let counted = undefined as Parameters<typeof admit>[0];
  for (let count = 1; count <= 3; count += 1) {
    const admitted = admit(counted, 3, 1_000);
    counted = admitted.ok ? admitted.counted : counted;
  }
  expect(admit(counted, 3, 2_000)).toMatchObject({
    ok: false,
    refusal: { code: "too_many_conversations", retryAfterMs: 3_599_000 },
  });
  expect(admit(counted, 3, 3_601_000)).toMatchObject({ ok: true, counted: { count: 1 } });
});
