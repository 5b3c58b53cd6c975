import { conversationKey } from "../archive/conversation-key.ts";
import { hasKeys, readAuthConfig } from "../auth/config.ts";
import { verifyToken, type Verification } from "../auth/verify.ts";
import { historySources, readHistory } from "../history/history.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { conversationName, pairFromName } from "../protocol/pair.ts";
import type { Page } from "../protocol/rest.ts";
import type { HistoryEvent } from "../protocol/socket-io-events.ts";
import { readSettings } from "../settings.ts";
import { resolvePeer, resolveVerdict } from "../users/resolve.ts";
import { keepSignIn } from "../users/sign-ins.ts";
import type { InboxStub } from "./chat/platform.ts";
import { ChatNamespace } from "./chat/namespace.ts";
import type { Application, SessionContext } from "./application.ts";
import { EngineSessionObject } from "./engine/object.ts";
import type { Namespaces } from "./namespaces.ts";
import type { PushedFrame } from "./chat/events.ts";
import { SocketIo, type KeptMembers } from "./socket-io.ts";
import type { SessionEnd, SessionRpc } from "../rpc/session.ts";

const userKey = "user";

/** One Socket.IO client: the plug between the platform and the chat. */
export class SocketIoSessionObject extends EngineSessionObject implements SessionRpc {
  #chat: ChatNamespace | undefined;

  /** The inbox of the session's user tells what is new. Whether the session is one of that user's. */
  push(user: string, frames: readonly string[], end: SessionEnd | undefined): boolean {
    // A session that has ended is still its inbox's until all that its client sent was taken.
    const member = this.hasApplication() ? this.#chat?.clientOf(user) : undefined;
    member?.push(
      frames.map((frame) => JSON.parse(frame) as PushedFrame),
      end,
    );
    this.onChanged();
    return member !== undefined;
  }

  protected override createApplication(context: SessionContext, kept?: unknown): Application {
    const { transport, options, later, observer } = context;
    const namespaces = this.namespaces(context);
    const { connectTimeoutMs } = options;
    const ports = {
      transport,
      namespaces,
      connectTimeoutMs,
      now: Date.now,
      later,
      onChanged: () => this.onChanged(),
      observer,
    };
    return new SocketIo(ports, kept as KeptMembers | undefined);
  }

  protected override async forget(): Promise<void> {
    const user = this.ctx.storage.kv.get<string>(userKey);
    if (user !== undefined) {
      await this.#inboxOf(user).detach([]);
    }
  }

  /** What is served. */
  protected namespaces(_context: SessionContext): Namespaces {
    const { socketIo, limits } = readSettings(this.env);
    this.#chat = new ChatNamespace({
      authKeys: socketIo.authKeys,
      limits,
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      verifyToken: (token) => this.#verify(token),
      inboxOf: (user) => this.#inboxOf(user),
      history: (user, query) => this.#history(user, query),
      revOf: (user, peer) => this.#revOf(user, peer),
      keepUser: (user) => this.#keepUser(user),
      onChanged: () => this.onChanged(),
      onDetachFailed: (tries) => this.report("session_detach_failed", { requestId: this.requestId, tries }),
    });
    return this.#chat;
  }

  // A second CONNECT on the same session writes no row if its user is the same.
  #keepUser(user: string): void {
    const { kv } = this.ctx.storage;
    if (kv.get<string>(userKey) !== user) {
      kv.put(userKey, user);
    }
  }

  async #verify(token: string): Promise<Verification> {
    const { DB } = this.env;
    const config = readAuthConfig(this.env);
    if (!hasKeys(config)) {
      return { ok: false, refusal: refusal("not_configured") };
    }
    const settings = readSettings(this.env);
    const nowMs = Date.now();
    const verdict = await resolveVerdict(DB, settings, await verifyToken(token, config, nowMs), nowMs);
    if (verdict.ok) {
      void keepSignIn(DB, settings, verdict).catch(() =>
        this.report("sign_in_not_kept", { requestId: this.requestId }),
      );
    }
    return verdict;
  }

  // A stub is made anew for each call: one that broke stays broken.
  #inboxOf(user: string): InboxStub {
    const sid = this.ctx.id.toString();
    const stub = () => this.env.INBOXES.getByName(user);
    return {
      attach: async (expiresAtMs) => stub().attach(sid, expiresAtMs),
      take: async (frames) => await stub().handleFrames(sid, frames),
      renew: async (expiresAtMs) => stub().renew(sid, expiresAtMs),
      detach: async (delivered) => stub().detach(sid, delivered),
    };
  }

  async #conversation(user: string, name: string) {
    const peer = await resolvePeer(this.env.DB, readSettings(this.env), { user, name }, Date.now());
    return typeof peer === "string" ? conversationName(user, peer) : peer;
  }

  async #revOf(user: string, peer: string): Promise<number | Refusal> {
    const name = await this.#conversation(user, peer);
    if (typeof name !== "string") {
      return name;
    }
    const { rev } = await this.env.CONVERSATIONS.getByName(name).summary(user);
    return rev;
  }

  async #history(user: string, { peer, before, limit, rev }: HistoryEvent): Promise<Page | Refusal> {
    const name = await this.#conversation(user, peer);
    if (typeof name !== "string") {
      return name;
    }
    const stub = () => this.env.CONVERSATIONS.getByName(name);
    const sources = historySources(this.env.DB, pairFromName(name), conversationKey(name), (part) =>
      stub().page(part),
    );
    const result = await readHistory(sources, { before, limit, rev });
    return result.ok ? result.page : result.refusal;
  }
}
