import { expect, test } from "vitest";
import { openLedger } from "./cost/ledger.ts";
import { freshUsers, origin, tokenFor, tokenWith, worker } from "./clients.ts";

const upgrade = { upgrade: "websocket", connection: "Upgrade" };

async function bearer(token: string | Promise<string>): Promise<{ readonly authorization: string }> {
  return { authorization: `Bearer ${await token}` };
}

test("[CO11] what brings no token that holds reaches no object and reads and writes no row, whatever it asks", async () => {
  const { a, b } = freshUsers();
  const expired = tokenWith({ sub: a, exp: Math.floor(Date.now() / 1_000) - 600 });
  const bent = (await tokenFor(a)).slice(0, -3) + "AAA";
  const paths = [
    "/v1/socket",
    `/v1/conversations/${b}/socket`,
    `/v1/conversations/${b}/messages`,
    "/v1/conversations",
    `/v1/users/${b}`,
    "/v1/me/presence",
    "/v1/admin/conversations",
    `/v1/admin/conversations/${a}/${b}`,
    "/api/chats/1",
    "/v1/nothing",
    `/v1/conversations/${"x".repeat(4_000)}/messages`,
  ];
  const headers: Record<string, string>[] = [
    {},
    await bearer(expired),
    await bearer(bent),
    await bearer("x".repeat(6_000)),
    upgrade,
    { ...upgrade, ...(await bearer(bent)) },
    { ...upgrade, "sec-websocket-protocol": `pairline.v1, bearer.${bent}` },
    { ...upgrade, ...(await bearer(tokenFor(a))), origin: "https://elsewhere.example" },
  ];
  const cost = await openLedger({ a, b });
  const statuses = new Set<number>();
  const ledger = await cost(async () => {
    for (const path of paths) {
      for (const some of headers) {
        const answer = await worker.fetch(origin + path, { headers: some });
        answer.webSocket?.accept();
        statuses.add(answer.status);
        await answer.body?.cancel();
      }
      const posted = await worker.fetch(origin + path, { method: "POST", body: "x".repeat(100_000) });
      statuses.add(posted.status);
    }
  });
  // 101: a socket that closes at once, for a client that cannot read a status.
  for (const status of statuses) {
    expect([101, 401, 403, 404, 405, 410, 503]).toContain(status);
  }
  expect(ledger).toMatchObject({
    workerRequests: paths.length * (headers.length + 1),
    requests: 0,
    alarms: 0,
    socketMessages: 0,
    wakeUps: 0,
    objectRead: 0,
    objectWritten: 0,
    archiveRead: 0,
    archiveWritten: 0,
  });
});
