import * as z from "zod";
import { errorCatalogue } from "../protocol/errors.ts";

/** The members of a hibernatable WebSocket that the rules use. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  /** When the runtime last answered its ping, or undefined. */
  pingedAtMs(): number | undefined;
}

/** What every socket remembers while its object sleeps. Two versions run side by side after a deploy: fields are only added. */
export const attachmentSchema = z.object({
  expiresAtMs: z.number(),
  connectedAtMs: z.number(),
  /** The server closed it: until the client answers, it is nobody's device any more. */
  ended: z.boolean().optional(),
  /** What the log and the client call it: the request that opened it. */
  requestId: z.string().optional(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** One device's socket, with what is known of it while its object is awake. */
export class Connection<Kept extends Attachment = Attachment> {
  readonly #socket: Socket;
  #attachment: Kept;
  #open = true;
  /** Whether it stands for a client whose sockets are another object's. */
  readonly isSession: boolean = false;
  /** When its last frame came. */
  heardAtMs: number;
  /** Characters sent to it since it last gave a sign of life, which was at or before `countingSinceMs`. */
  outstanding = 0;
  countingSinceMs: number;
  badFrames = 0;
  /** What its frames wait for: the verdict on a token, or that it was greeted. */
  waiting: Promise<void> | undefined;
  /** With what it closed, as it came from the other end too. */
  closeCode: number | undefined;

  constructor(socket: Socket, attachment: Kept) {
    this.#socket = socket;
    this.#attachment = attachment;
    this.heardAtMs = attachment.connectedAtMs;
    this.countingSinceMs = attachment.connectedAtMs;
  }

  /** What survives hibernation. */
  get kept(): Kept {
    return this.#attachment;
  }

  /** Its last sign of life: a frame, a ping, or that it connected. */
  get seenAtMs(): number {
    return Math.max(this.heardAtMs, this.#socket.pingedAtMs() ?? 0);
  }

  get requestId(): string {
    return this.#attachment.requestId ?? "unknown";
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Changes what survives hibernation. */
  remember(change: Partial<Kept>): void {
    this.#attachment = { ...this.#attachment, ...change };
    this.#socket.serializeAttachment(this.#attachment);
  }

  /** Hands a frame to the socket. One that does not take it is closed: its client must not live on with a hole. */
  send(text: string): void {
    if (this.#open) {
      this.outstanding += text.length;
      try {
        this.#socket.send(text);
      } catch {
        const { closeCode, title } = errorCatalogue.internal;
        this.end(closeCode, `internal: ${title}`);
      }
    }
  }

  /** The server's own close: also an object that sleeps before the client answers it knows that this was it. */
  end(code: number, reason: string): void {
    try {
      this.remember({ ended: true } as Partial<Kept>);
    } catch {
      // It broke meanwhile and remembers nothing any more.
    }
    this.close(code, reason);
  }

  /** Closes the socket, or answers its close; the second time does nothing. */
  close(code: number, reason: string): void {
    if (this.#open) {
      this.#open = false;
      this.closeCode = code;
      try {
        this.#socket.close(echoableCode(code), reason);
      } catch {
        // It broke meanwhile; its close event is on the way and settles the rest.
      }
    }
  }
}

/** Codes that stand for "no code came" cannot be sent (RFC 6455 §7.4.1); the platform throws on them. */
function echoableCode(code: number): number {
  const reserved = code === 1004 || code === 1005 || code === 1006 || code === 1015;
  return reserved || code < 1000 || code > 4999 ? 1000 : code;
}
