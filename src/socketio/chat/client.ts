import * as z from "zod";
import { accessError } from "../../auth/access.ts";
import { errorCatalogue, refusal, type ErrorCode, type Refusal } from "../../protocol/errors.ts";
import {
  parseEvent,
  type AcceptedEvent,
  type HistoryEvent,
  type PrivateDm,
} from "../../protocol/socket-io-events.ts";
import type { SessionPlatform, InboxStub } from "./platform.ts";
import { Detachment } from "./detachment.ts";
import { InboxChannel } from "./inbox-channel.ts";
import { ClientCursors, marksSchema } from "./client-cursors.ts";
import type { Acknowledge, NamespaceSocket, ClientHandler, ReceivedEvent } from "../namespaces.ts";
import { OwnSends } from "./own-sends.ts";
import { PushedEvents } from "./pushed-events.ts";
import { refuse, refuseEvent, refusePrivateDm } from "./errors.ts";
import { Revisions } from "./revisions.ts";
import { acknowledgementOf, type PushedFrame } from "./events.ts";
import type { SessionAllowance } from "./session-allowance.ts";
import { bareToken, messageTokenError } from "./tokens.ts";
import type { FrameResult, SessionFrame } from "../../rpc/inbox.ts";
import type { SessionEnd } from "../../rpc/session.ts";

/** What survives the object's sleep. Fields are only added. */
export const keptChatSchema = z.object({
  user: z.string(),
  marks: marksSchema,
  /** Sessions of an earlier version have none here: their inbox checks their expiry. */
  expiresAtMs: z.number().default(Number.MAX_SAFE_INTEGER),
  /** When its session was sent a CONNECT lately. */
  connectsAtMs: z.array(z.number()).optional(),
});

export type KeptChat = z.infer<typeof keptChatSchema>;

/** During a deploy, an inbox of the version before takes `history` for a frame to a peer: its `unknown_peer` is no refusal. */
const historyRefusals = new Set<ErrorCode>(["rate_limited", "token_expired", "internal"]);

/** One Socket.IO client of a user, on both vocabularies: a device of their inbox. */
export class ChatClient implements ClientHandler {
  readonly user: string;
  readonly #ports: SessionPlatform;
  readonly #socket: NamespaceSocket;
  readonly #inbox: InboxStub;
  readonly #channel: InboxChannel;
  readonly #marks: ClientCursors;
  readonly #allowance: SessionAllowance;
  readonly #revisions: Revisions;
  readonly #ownSends = new OwnSends();
  readonly #pushed: PushedEvents;
  #expiresAtMs: number;
  #badEvents = 0;
  #hasLeft = false;
  readonly #detachment: Detachment;

  constructor(
    ports: SessionPlatform,
    socket: NamespaceSocket,
    allowance: SessionAllowance,
    { user, marks, expiresAtMs }: KeptChat,
  ) {
    const { wait } = ports;
    this.user = user;
    this.#expiresAtMs = expiresAtMs;
    this.#ports = ports;
    this.#socket = socket;
    this.#inbox = ports.inboxOf(user);
    this.#marks = new ClientCursors(marks);
    this.#allowance = allowance;
    this.#revisions = new Revisions((peer) => ports.revOf(user, peer));
    this.#pushed = new PushedEvents({
      user,
      socket,
      cursors: this.#marks,
      revisions: this.#revisions,
      ownSends: this.#ownSends,
    });
    this.#channel = new InboxChannel({
      take: (frames) => this.#inbox.take(frames),
      wait,
      onLost: () => {
        if (!this.#hasLeft) {
          socket.end();
        }
      },
    });
    this.#detachment = new Detachment({
      drained: () => this.#channel.drained(),
      detach: () => this.#inbox.detach(this.#marks.delivered),
      wait,
      failed: ports.onDetachFailed,
    });
  }

  get kept(): KeptChat {
    const connectsAtMs = [...this.#allowance.connects.takenAtMs];
    return { user: this.user, marks: this.#marks.kept, expiresAtMs: this.#expiresAtMs, connectsAtMs };
  }

  /** Makes it a device of its user's inbox, unless that user connected too often. */
  async attach(): Promise<Refusal | undefined> {
    this.#pushed.hold();
    this.#ports.keepUser(this.user);
    return this.#inbox.attach(this.#expiresAtMs);
  }

  /** The client was told that it is in. */
  onJoined(): void {
    this.#pushed.release();
  }

  onLeft(): Promise<void> {
    this.#hasLeft = true;
    return this.#detachment.begin();
  }

  /** Its leaving, as its inbox hears of it. */
  get detachment(): Pick<Detachment, "finished" | "isFinished"> {
    return this.#detachment;
  }

  /** What the inbox tells. */
  push(frames: readonly PushedFrame[], end: SessionEnd | undefined): void {
    this.#pushed.push(frames);
    if (end !== undefined) {
      this.#end(end);
    }
  }

  async onEvent({ args, isBinary, acknowledge }: ReceivedEvent): Promise<void> {
    const parsed = parseEvent(args, crypto.randomUUID());
    // A fresh token is taken from a client whose last one has expired.
    const error = parsed.ok && parsed.event.type === "auth" ? undefined : this.#accessError();
    if (error !== undefined) {
      refuseEvent(this.#socket, refusal(error), args[0], acknowledge);
      this.#endWith(error);
      return;
    }
    if (isBinary || !parsed.ok) {
      const message = parsed.ok ? "a message carries no bytes" : parsed.message;
      this.#refuseBad(refusal("bad_frame", { message }), args[0], acknowledge);
      return;
    }
    this.#badEvents = 0;
    await this.#take(parsed, acknowledge);
  }

  async #take({ event, isNamed }: AcceptedEvent, acknowledge: Acknowledge | undefined): Promise<void> {
    const retryAfterMs = this.#allowance.events.take(this.#ports.now());
    const limited = retryAfterMs === 0 ? undefined : refusal("rate_limited", { retryAfterMs });
    if (event.type === "private_dm") {
      await this.#privateDm(event, limited, acknowledge);
    } else if (limited !== undefined) {
      refuse(this.#socket, limited, event, acknowledge);
    } else if (event.type === "history") {
      this.#history(event, acknowledge);
    } else if (event.type === "auth") {
      await this.#authenticate(event.token, acknowledge);
    } else {
      await this.#forward(event, isNamed, acknowledge);
    }
  }

  #accessError(): ErrorCode | undefined {
    return accessError({ user: this.user, expiresAtMs: this.#expiresAtMs }, this.#ports.now());
  }

  async #forward(frame: SessionFrame, isNamed: boolean, acknowledge: Acknowledge | undefined): Promise<void> {
    const sent = isNamed && frame.type === "send" ? await this.#revisions.onPlaced(frame) : frame;
    if ("code" in sent) {
      refuse(this.#socket, sent, frame, acknowledge);
      return;
    }
    this.#add(sent, (answer) => {
      if (answer.kind === "refused") {
        refuse(this.#socket, answer.refusal, sent, acknowledge);
      } else {
        acknowledge?.(acknowledgementOf(answer));
      }
    });
  }

  async #privateDm(
    { content: text, receiver_id: peer, auth_token: token }: PrivateDm,
    limited: Refusal | undefined,
    acknowledge: Acknowledge | undefined,
  ): Promise<void> {
    const { verifyToken } = this.#ports;
    const refused = limited ?? (await messageTokenError(verifyToken, this.user, token ?? undefined));
    const sent =
      refused ??
      (await this.#revisions.onPlaced({
        type: "send",
        id: crypto.randomUUID(),
        peer,
        text,
        isPrivateDm: true,
      }));
    if ("code" in sent) {
      refusePrivateDm(this.#socket, sent, acknowledge);
      return;
    }
    this.#add(sent, (answer) => {
      if (answer.kind === "refused") {
        refusePrivateDm(this.#socket, answer.refusal, acknowledge);
      } else {
        acknowledge?.();
      }
    });
  }

  #add(frame: SessionFrame, answered: (answer: FrameResult) => void): void {
    if (frame.type === "send") {
      this.#ownSends.add(frame.id);
    }
    this.#channel.add(frame, (answer) => {
      this.#onResult(frame, answer);
      // Who left is none of the inbox's devices any more: what it still had to ask is nobody's failure.
      if (!this.#hasLeft) {
        answered(answer);
      }
    });
  }

  #onResult(frame: SessionFrame, answer: FrameResult): void {
    if (answer.kind === "sent" && frame.type === "send") {
      this.#revisions.onMoved(frame.peer, answer.receipt.rev);
    } else if (answer.kind === "done" && frame.type === "delivered") {
      this.#marks.deliver(frame.peer, frame.seq);
      this.#ports.onChanged();
    } else if (answer.kind === "refused" && frame.type === "send") {
      this.#revisions.forget(frame.peer);
    }
  }

  // The inbox counts it for all sessions of the user; the page is read from here.
  #history(event: HistoryEvent, acknowledge: Acknowledge | undefined): void {
    this.#add({ type: "history" }, (answer) => {
      if (answer.kind === "refused" && historyRefusals.has(answer.refusal.code)) {
        refuse(this.#socket, answer.refusal, event, acknowledge);
      } else {
        void this.#readHistory(event, acknowledge);
      }
    });
  }

  async #readHistory(event: HistoryEvent, acknowledge: Acknowledge | undefined): Promise<void> {
    const page = await this.#ports.history(this.user, event).catch(() => refusal("internal"));
    if ("code" in page) {
      refuse(this.#socket, page, event, acknowledge);
    } else {
      acknowledge?.({ ok: true, ...page });
    }
  }

  async #authenticate(token: string, acknowledge: Acknowledge | undefined): Promise<void> {
    const verdict = await this.#ports.verifyToken(bareToken(token));
    const refused = verdict.ok ? undefined : verdict.refusal;
    if (verdict.ok && verdict.user === this.user) {
      await this.#renew(verdict.expiresAtMs, acknowledge);
    } else if (refused !== undefined && errorCatalogue[refused.code].status === 503) {
      refuse(this.#socket, refused, { type: "auth" }, acknowledge);
    } else {
      refuse(this.#socket, refused ?? refusal("unauthorized"), { type: "auth" }, acknowledge);
      this.#socket.end();
    }
  }

  async #renew(expiresAtMs: number, acknowledge: Acknowledge | undefined): Promise<void> {
    const limited = await this.#inbox.renew(expiresAtMs);
    if (limited !== undefined) {
      refuse(this.#socket, limited, { type: "auth" }, acknowledge);
      return;
    }
    this.#expiresAtMs = expiresAtMs;
    acknowledge?.({ ok: true });
  }

  #end({ reason }: SessionEnd): void {
    const code = reason.split(":")[0] ?? "";
    if (code === "device_limit") {
      this.#socket.disconnect();
      return;
    }
    this.#endWith(code in errorCatalogue ? (code as ErrorCode) : "internal");
  }

  #endWith(code: ErrorCode): void {
    this.#socket.emit("error", refusal(code));
    this.#socket.end();
  }

  #refuseBad(reason: Refusal, name: unknown, acknowledge: Acknowledge | undefined): void {
    refuseEvent(this.#socket, reason, name, acknowledge);
    this.#badEvents += 1;
    if (this.#badEvents >= this.#ports.limits.maxBadFrames) {
      this.#socket.end();
    }
  }
}
