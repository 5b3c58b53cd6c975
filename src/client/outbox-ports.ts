import type { Message, OutboxEntry, Timing } from "./api.ts";
import type { PairlineError } from "./errors.ts";

/** What one conversation's outbox needs. */
export interface OutboxPorts {
  readonly timing: Timing;
  /** The client's newest `rev` while it may send; undefined while it may not. */
  cursor(): number | undefined;
  /** Why the frame must not go to the server. */
  fault(frame: OutboxEntry["frame"]): PairlineError | undefined;
  /** Whether the frame was handed to the socket. */
  transmit(frame: OutboxEntry["frame"]): boolean;
  /** No answer came: does the socket live? */
  probe(): void;
  /** The frame that this entry becomes on a history that may have other numbers. Throws a PairlineError where there is none. */
  relocate(entry: OutboxEntry): Promise<OutboxEntry>;
  /** An earlier try of the send that the history holds, or the send with an `after` behind which there is none. */
  settle(entry: OutboxEntry): Promise<Message | OutboxEntry>;
  keep(entry: OutboxEntry): void;
  forget(id: string): void;
  refused(entry: OutboxEntry, error: PairlineError): void;
  changed(): void;
}
