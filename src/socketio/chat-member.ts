import * as z from "zod";
import { accessError } from "../auth/access.ts";
import { errorCatalogue, refusal, type ErrorCode, type Refusal } from "../protocol/errors.ts";
import {
  parseEvent,
  type AcceptedEvent,
  type HistoryEvent,
  type PrivateDm,
} from "../protocol/socket-io-events.ts";
import type { ChatPorts, InboxCalls } from "./chat-ports.ts";
import { Detachment } from "./detachment.ts";
import { InboxLine } from "./inbox-line.ts";
import { Marks, marksSchema } from "./marks.ts";
import type { Acknowledge, Link, Member, ReceivedEvent } from "./namespaces.ts";
import { OwnSends } from "./own-sends.ts";
import { PushedEvents } from "./pushed-events.ts";
import { refuse, refuseEvent, refusePrivateDm } from "./refusals.ts";
import { Revisions } from "./revisions.ts";
import { acknowledgementOf, type PushedFrame } from "./server-events.ts";
import type { SessionAllowance } from "./session-allowance.ts";
import { bareToken, messageTokenError } from "./tokens.ts";
import type { FrameResult, SessionFrame } from "../rpc/inbox.ts";
import type { SessionEnd } from "../rpc/session.ts";

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
export class ChatMember implements Member {
  readonly user: string;
  readonly #ports: ChatPorts;
  readonly #link: Link;
  readonly #inbox: InboxCalls;
  readonly #line: InboxLine;
  readonly #marks: Marks;
  readonly #allowance: SessionAllowance;
  readonly #revisions: Revisions;
  readonly #ownSends = new OwnSends();
  readonly #pushed: PushedEvents;
  #expiresAtMs: number;
  #badEvents = 0;
  #hasLeft = false;
  readonly #detachment: Detachment;

  constructor(
    ports: ChatPorts,
    link: Link,
    allowance: SessionAllowance,
    { user, marks, expiresAtMs }: KeptChat,
  ) {
    const { wait } = ports;
    this.user = user;
    this.#expiresAtMs = expiresAtMs;
    this.#ports = ports;
    this.#link = link;
    this.#inbox = ports.inboxOf(user);
    this.#marks = new Marks(marks);
    this.#allowance = allowance;
    this.#revisions = new Revisions((peer) => ports.revOf(user, peer));
    this.#pushed = new PushedEvents({
      user,
      link,
      marks: this.#marks,
      revisions: this.#revisions,
      ownSends: this.#ownSends,
    });
    this.#line = new InboxLine({
      take: (frames) => this.#inbox.take(frames),
      wait,
      lost: () => {
        if (!this.#hasLeft) {
          link.end();
        }
      },
    });
    this.#detachment = new Detachment({
      drained: () => this.#line.drained(),
      detach: () => this.#inbox.detach(this.#marks.delivered),
      wait,
      failed: ports.detachFailed,
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
  joined(): void {
    this.#pushed.release();
  }

  left(): Promise<void> {
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

  async event({ args, isBinary, acknowledge }: ReceivedEvent): Promise<void> {
    const parsed = parseEvent(args, crypto.randomUUID());
    // A fresh token is taken from a client whose last one has expired.
    const error = parsed.ok && parsed.event.type === "auth" ? undefined : this.#accessError();
    if (error !== undefined) {
      refuseEvent(this.#link, refusal(error), args[0], acknowledge);
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
      refuse(this.#link, limited, event, acknowledge);
    } else if (event.type === "history") {
      this.#history(event, acknowledge);
    } else if (event.type === "auth") {
      await this.#authenticate(event.token, acknowledge);
    } else {
      await this.#pass(event, isNamed, acknowledge);
    }
  }

  #accessError(): ErrorCode | undefined {
    return accessError({ user: this.user, expiresAtMs: this.#expiresAtMs }, this.#ports.now());
  }

  async #pass(frame: SessionFrame, isNamed: boolean, acknowledge: Acknowledge | undefined): Promise<void> {
    const sent = isNamed && frame.type === "send" ? await this.#revisions.placed(frame) : frame;
    if ("code" in sent) {
      refuse(this.#link, sent, frame, acknowledge);
      return;
    }
    this.#add(sent, (answer) => {
      if (answer.kind === "refused") {
        refuse(this.#link, answer.refusal, sent, acknowledge);
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
      (await this.#revisions.placed({
        type: "send",
        id: crypto.randomUUID(),
        peer,
        text,
        isPrivateDm: true,
      }));
    if ("code" in sent) {
      refusePrivateDm(this.#link, sent, acknowledge);
      return;
    }
    this.#add(sent, (answer) => {
      if (answer.kind === "refused") {
        refusePrivateDm(this.#link, answer.refusal, acknowledge);
      } else {
        acknowledge?.();
      }
    });
  }

  #add(frame: SessionFrame, answered: (answer: FrameResult) => void): void {
    if (frame.type === "send") {
      this.#ownSends.add(frame.id);
    }
    this.#line.add(frame, (answer) => {
      this.#heard(frame, answer);
      // Who left is none of the inbox's devices any more: what it still had to ask is nobody's failure.
      if (!this.#hasLeft) {
        answered(answer);
      }
    });
  }

  #heard(frame: SessionFrame, answer: FrameResult): void {
    if (answer.kind === "sent" && frame.type === "send") {
      this.#revisions.moved(frame.peer, answer.receipt.rev);
    } else if (answer.kind === "done" && frame.type === "delivered") {
      this.#marks.deliver(frame.peer, frame.seq);
      this.#ports.changed();
    } else if (answer.kind === "refused" && frame.type === "send") {
      this.#revisions.forget(frame.peer);
    }
  }

  // The inbox counts it for all sessions of the user; the page is read from here.
  #history(event: HistoryEvent, acknowledge: Acknowledge | undefined): void {
    this.#add({ type: "history" }, (answer) => {
      if (answer.kind === "refused" && historyRefusals.has(answer.refusal.code)) {
        refuse(this.#link, answer.refusal, event, acknowledge);
      } else {
        void this.#readHistory(event, acknowledge);
      }
    });
  }

  async #readHistory(event: HistoryEvent, acknowledge: Acknowledge | undefined): Promise<void> {
    const page = await this.#ports.history(this.user, event).catch(() => refusal("internal"));
    if ("code" in page) {
      refuse(this.#link, page, event, acknowledge);
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
      refuse(this.#link, refused, { type: "auth" }, acknowledge);
    } else {
      refuse(this.#link, refused ?? refusal("unauthorized"), { type: "auth" }, acknowledge);
      this.#link.end();
    }
  }

  async #renew(expiresAtMs: number, acknowledge: Acknowledge | undefined): Promise<void> {
    const limited = await this.#inbox.renew(expiresAtMs);
    if (limited !== undefined) {
      refuse(this.#link, limited, { type: "auth" }, acknowledge);
      return;
    }
    this.#expiresAtMs = expiresAtMs;
    acknowledge?.({ ok: true });
  }

  #end({ reason }: SessionEnd): void {
    const code = reason.split(":")[0] ?? "";
    if (code === "device_limit") {
      this.#link.disconnect();
      return;
    }
    this.#endWith(code in errorCatalogue ? (code as ErrorCode) : "internal");
  }

  #endWith(code: ErrorCode): void {
    this.#link.emit("error", refusal(code));
    this.#link.end();
  }

  #refuseBad(reason: Refusal, name: unknown, acknowledge: Acknowledge | undefined): void {
    refuseEvent(this.#link, reason, name, acknowledge);
    this.#badEvents += 1;
    if (this.#badEvents >= this.#ports.limits.maxBadFrames) {
      this.#link.end();
    }
  }
}
