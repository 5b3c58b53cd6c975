import { expect, onTestFinished } from "vitest";
import { deployWith, env, nowSeconds, origin, tokenWith, worker } from "./clients.ts";
import { interceptD1, type D1Answer } from "./d1-calls.ts";

export const adminKey = "an-admin-key-that-only-tests-know";

/** A token of this user, with more claims. */
export function tokenSaying(user: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return tokenWith({ sub: user, exp: nowSeconds() + 600, ...claims });
}

/** `GET /v1/users/{id}` with this token. */
export function getUser(token: string, id: string): Promise<Response> {
  return worker.fetch(userUrl(id), { headers: { authorization: `Bearer ${token}` } });
}

/** `PUT /v1/admin/users/{id}` of a deployment with the tests' admin key; a body that is text is sent as it is. */
export function putUser(
  id: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${adminKey}` },
): Promise<Response> {
  return worker.fetch(adminUrl(id), {
    method: "PUT",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The same, where it is not what the test is about. Throws where it is refused. */
export async function nameUser(id: string, body: object): Promise<void> {
  deployWith({ ADMIN_KEY: adminKey });
  const response = await putUser(id, body);
  if (!response.ok) {
    throw new Error(`the user was not set: ${response.status}`);
  }
}

export function userUrl(id: string): string {
  return `${origin}/v1/users/${encodeURIComponent(id)}`;
}

export function adminUrl(id: string): string {
  return `${origin}/v1/admin/users/${encodeURIComponent(id)}`;
}

interface D1Watch {
  /** How many calls were begun since. */
  readonly begun: () => number;
  /** Waits until those that were begun came back, and answers what they cost. */
  readonly cost: () => Promise<{ readonly read: number; readonly written: number }>;
}

/**
 * Watches the calls to D1 until the test is over. A request's background begins its own before the answer comes.
 *
 * The test never awaits the calls themselves: their promises belong to the request that makes them, and code that awaits
 * one goes on inside that request. The runtime drops its timers, those of vitest included, when the request ends: then the
 * run waits forever, past every time limit.
 */
export function watchD1(): D1Watch {
  const answers: D1Answer[] = [];
  let begun = 0;
  let ended = 0;
  onTestFinished(
    interceptD1(env.DB, async (call) => {
      begun += 1;
      try {
        const answered = await call();
        answers.push(...answered);
        return answered;
      } finally {
        ended += 1;
      }
    }),
  );
  return {
    begun: () => begun,
    cost: async () => {
      await expect.poll(() => begun - ended).toBe(0);
      return {
        read: answers.reduce((sum, { meta }) => sum + meta.rows_read, 0),
        written: answers.reduce((sum, { meta }) => sum + meta.rows_written, 0),
      };
    },
  };
}

/** Lets a user through the door with these claims, and waits until what they say was kept. */
export async function signIn(user: string, claims: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const watch = watchD1();
  await getUser(await tokenSaying(user, claims), user);
  await watch.cost();
}
