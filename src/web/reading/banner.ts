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
  const { state } = connection;
  if (state === "stopped") {
    return { tone: "error", text: errorText(connection.error), canTry: true };
  }
  if (state === "waiting") {
    return offline(isOnline);
  }
  // The browser knows at once, the socket's death is noticed later.
  const isAway = !isOnline || (state === "connecting" && wasOpen);
  return isAway && state !== "closed" ? offline(false) : undefined;
}

function offline(canTry: boolean): Banner {
  return { tone: "warning", text: "You are offline. What you write is sent when you are back.", canTry };
}
