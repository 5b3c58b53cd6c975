import type { Ledger } from "./ledger.ts";

export interface DeviceOptions {
  readonly url: string;
  readonly user: string;
  readonly peer: string;
  readonly ledger: Ledger;
  /** On the user's socket to all conversations instead of this one's. */
  readonly isInbox?: boolean;
  /** A fresh token; asked for at each connection. */
  readonly token: () => Promise<string>;
  /** Its tokens hold for so long, and it shows a fresh one in time; without it the server closes the socket when the token expires. */
  readonly renewsWithinMs?: number;
}
