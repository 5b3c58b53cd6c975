import type { Connection } from "../../client/index.ts";
import { errorText } from "./error-text.ts";

export interface Banner {
  readonly tone: "warning" | "error";
  readonly text: string;
  readonly canTry: boolean;
}

export interface Circumstances {
  /** The client was connected since the page was loaded. */
  readonly wasOpen: boolean;
  /** The browser believes to have a network. */
  readonly isOnline: boolean;
}

/** What stands above everything while the client is not connected. */
export function bannerOf(connection: Connection, { wasOpen, isOnline }: Circumstances): Banner | undefined {
  switch (connection.state) {
    case "closed":
      return undefined;
    case "open":
      // The socket's death is noticed later.
      return isOnline ? undefined : offline(false);
    case "connecting":
      return wasOpen || !isOnline ? offline(false) : undefined;
    case "waiting":
      return offline(isOnline);
    case "stopped":
      return { tone: "error", text: errorText(connection.error), canTry: true };
  }
}

function offline(canTry: boolean): Banner {
  return { tone: "warning", text: "You are offline. What you write is sent when you are back.", canTry };
}
