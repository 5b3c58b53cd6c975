import { refusal, type Refusal } from "../../protocol/errors.ts";
import { ChatClient, keptChatSchema } from "./client.ts";
import type { SessionPlatform } from "./platform.ts";
import type { Admission, NamespaceSocket, Namespaces } from "../namespaces.ts";
import { SessionAllowance } from "./session-allowance.ts";
import { bareToken } from "./tokens.ts";

/** Users' messages, on the namespace `/`. */
export class ChatNamespace implements Namespaces {
  readonly #ports: SessionPlatform;
  #allowance: SessionAllowance;
  #client: ChatClient | undefined;

  constructor(ports: SessionPlatform) {
    this.#ports = ports;
    this.#allowance = new SessionAllowance(ports.limits, ports.now());
  }

  /** The client of this user, from when it is being let in until its inbox was told that it left. */
  clientOf(user: string): ChatClient | undefined {
    const member = this.#client;
    return member?.user === user && !member.detachment.isFinished ? member : undefined;
  }

  admit(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    link: NamespaceSocket,
  ): Promise<Admission> | undefined {
    const retryAfterMs = this.#allowance.connects.take(this.#ports.now());
    if (retryAfterMs > 0) {
      return Promise.resolve(tooManyConnects(link, refusal("rate_limited", { retryAfterMs })));
    }
    return name === "/" ? this.#admit(auth, link) : undefined;
  }

  restore(name: string, kept: unknown, link: NamespaceSocket): ChatClient | undefined {
    const { data } = keptChatSchema.safeParse(kept);
    if (name === "/" && data !== undefined) {
      this.#allowance = new SessionAllowance(this.#ports.limits, this.#ports.now(), data.connectsAtMs);
      this.#client = new ChatClient(this.#ports, link, this.#allowance, data);
    }
    return this.#client;
  }

  async #admit(auth: Readonly<Record<string, unknown>>, link: NamespaceSocket): Promise<Admission> {
    const token = this.#ports.authKeys.map((key) => auth[key]).find((value) => typeof value === "string");
    if (token === undefined) {
      return refused(link, refusal("unauthorized", { message: "no token came with the connection's auth" }));
    }
    const verdict = await this.#ports.verifyToken(bareToken(token));
    if (!verdict.ok) {
      return refused(link, verdict.refusal);
    }
    // Both go by the session's id: a detachment that comes late would undo this attachment.
    await this.#client?.detachment.finished;
    const { user, expiresAtMs } = verdict;
    const member = new ChatClient(this.#ports, link, this.#allowance, { user, expiresAtMs, marks: [] });
    this.#client = member;
    try {
      const limited = await member.attach();
      if (limited !== undefined) {
        this.#client = undefined;
        return tooManyConnects(link, limited);
      }
    } catch (error) {
      // It may have been attached all the same.
      await member.onLeft();
      throw error;
    }
    return { ok: true, member, joined: () => member.onJoined() };
  }
}

function tooManyConnects(link: NamespaceSocket, reason: Refusal): Admission {
  return { ...refused(link, reason), endsSession: true };
}

function refused(link: NamespaceSocket, reason: Refusal): Extract<Admission, { ok: false }> {
  const { message, code } = reason;
  link.countRefusal(code);
  return { ok: false, refusal: { message, data: reason } };
}
