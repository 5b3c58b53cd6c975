import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import development from "../../src/dev/index.ts";
import { allowLoopbackOrigin } from "../../src/dev/loopback.ts";
import {
  env,
  freshUsers,
  origin as deployed,
  problemOf,
  socketOf,
  tokenFor,
  upgradeHeaders,
  worker,
} from "./clients.ts";

const local = "http://127.0.0.1:8787";
const polling = "/socket.io/?EIO=4&transport=polling";
const loopbackOrigins = [
  "http://localhost:5173",
  "https://localhost",
  "http://localhost.:1",
  "http://127.0.0.1:65535",
  "https://127.1.2.3:3000",
  "http://[::1]:4200",
];
const foreignOrigins = [
  "https://app.example",
  "http://localhost.evil.example:5173",
  "http://127.0.0.1.evil.example",
  "http://evil.example:5173/localhost:5173",
  "http://evil.example@localhost",
  "http://notlocalhost:5173",
  "http://10.0.0.1",
  "file://localhost",
  "null",
  "",
];

/** What `npm start` answers. */
async function asked(path: string, init: RequestInit): Promise<Response> {
  const context = createExecutionContext();
  const response = await development.fetch(new Request(`${local}${path}`, init), env, context);
  await waitOnExecutionContext(context);
  return response;
}

function signIn(headers: Record<string, string>, method = "POST"): Promise<Response> {
  const body = method === "POST" ? JSON.stringify({ user: "alice" }) : null;
  return asked("/dev/token", { method, headers: { "content-type": "application/json", ...headers }, body });
}

test("[WEB13] a deployment signs nobody in", async () => {
  const response = await worker.fetch(`${deployed}/dev/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: "alice" }),
  });
  expect(response.status).toBe(404);
  expect((await problemOf(response)).code).toBe("not_found");
});

test("[AD8] `npm start` lets pages of any loopback origin read REST, and pages of other origins not", async () => {
  const { a, b } = freshUsers();
  const authorization = `Bearer ${await tokenFor(a)}`;
  for (const [origins, isAllowed] of [
    [loopbackOrigins, true],
    [foreignOrigins, false],
  ] as const) {
    for (const origin of origins) {
      for (const init of [
        { headers: { authorization, origin } },
        { headers: { origin } },
        { method: "OPTIONS", headers: { origin, "access-control-request-method": "PATCH" } },
      ]) {
        const { headers } = await asked(`/v1/conversations/${b}`, init);
        expect(headers.get("access-control-allow-origin")).toBe(isAllowed ? origin : null);
      }
    }
  }
});

test("[AD8] `npm start` gives sockets to pages of any loopback origin, Socket.IO too, and to no other page", async () => {
  const { a, b } = freshUsers();
  const token = await tokenFor(a);
  const headers = upgradeHeaders(token);
  const readable = { upgrade: "websocket", authorization: `Bearer ${token}` };
  for (const path of [`/v1/conversations/${b}/socket`, "/v1/socket"]) {
    for (const origin of loopbackOrigins) {
      const response = await asked(path, { headers: { ...headers, origin } });
      expect(response.status).toBe(101);
      const socket = socketOf(response);
      socket.accept();
      socket.close(1000);
    }
    for (const origin of foreignOrigins) {
      expect((await asked(path, { headers: { ...readable, origin } })).status).toBe(403);
    }
  }
  expect((await asked(polling, { headers: { origin: "http://localhost:5173" } })).status).toBe(200);
  expect((await asked(polling, { headers: { origin: "https://app.example" } })).status).toBe(403);
});

test("[AD8] a deployment allows loopback origins only where ALLOWED_ORIGINS has them", async () => {
  const { a, b } = freshUsers();
  const token = await tokenFor(a);
  for (const origin of loopbackOrigins) {
    const url = `${deployed}/v1/conversations/${b}`;
    const headers = { upgrade: "websocket", authorization: `Bearer ${token}`, origin };
    const upgrade = await worker.fetch(`${url}/socket`, { headers });
    expect((await problemOf(upgrade)).code).toBe("origin_refused");
    const page = await worker.fetch(url, { headers: { authorization: `Bearer ${token}`, origin } });
    expect(page.headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("[AD8] what ALLOWED_ORIGINS has stays allowed beside loopback", () => {
  const request = new Request(local, { headers: { origin: "http://localhost:5173" } });
  const { ALLOWED_ORIGINS } = allowLoopbackOrigin({ ALLOWED_ORIGINS: "https://a.example" }, request);
  expect(ALLOWED_ORIGINS?.split(",")).toEqual(["https://a.example", "http://localhost:5173"]);
});

test("[AD8][AD9] an Origin that is no address leaves the variables as they are, and they usable", () => {
  for (const origin of ["http://127.999.0.1", "http://localhost:99999", "http://localhost:5173/"]) {
    const variables = { ALLOWED_ORIGINS: "https://a.example" };
    const request = new Request(local, { headers: { origin } });
    expect(allowLoopbackOrigin(variables, request)).toEqual(variables);
  }
});

test("[WEB13] the sign-in of `npm start` answers pages of loopback origins, with their preflight, and no other page", async () => {
  for (const origin of loopbackOrigins) {
    const preflight = await signIn(
      { host: "localhost:8787", origin, "access-control-request-method": "POST" },
      "OPTIONS",
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("Content-Type");
    expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
    const response = await signIn({ host: "localhost:8787", origin });
    expect(await response.json()).toEqual({ token: expect.stringMatching(/^ey/) });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  }
  for (const origin of foreignOrigins) {
    for (const method of ["POST", "OPTIONS"]) {
      const response = await signIn({ host: "localhost:8787", origin }, method);
      expect(response.status).toBe(403);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  }
});

test("[WEB13] the sign-in of `npm start` answers 403 unless the host is loopback (DNS rebinding)", async () => {
  for (const host of [
    "localhost",
    "localhost:1",
    "localhost.:8787",
    "LocalHost:80",
    "127.0.0.1:65535",
    "[::1]:8787",
  ]) {
    expect([host, (await signIn({ host })).status]).toEqual([host, 200]);
  }
  for (const host of [
    "evil.example",
    "evil.example:8787",
    "localhost.evil.example:8787",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "evil.example@localhost",
    "192.168.1.5:8787",
    "0.0.0.0:8787",
    "",
  ]) {
    const response = await signIn({ host, origin: `http://${host}` });
    expect([host, response.status]).toEqual([host, 403]);
    expect(await response.text()).not.toContain('token":');
    expect([host, (await signIn({ host })).status]).toEqual([host, 403]);
  }
});
