import type { Connection } from "../../client/index.ts";
import { errorText } from "./error-text.ts";

export interface Banner {
  readonly tone: "quiet" | "warning" | "error";
  readonly text: string;
  readonly canTry: boolean;
}

/** What stands above everything while the client is not connected. `wasOpen`: it was, since the page was loaded. */
export function bannerOf(connection: Connection, wasOpen: boolean): Banner | undefined {
  switch (connection.state) {
    case "open":
    case "closed":
      return undefined;
    case "connecting":
      return wasOpen ? { ...offline, canTry: false } : undefined;
    case "waiting":
      return offline;
    case "stopped":
      return { tone: "error", text: errorText(connection.error), canTry: true };
  }
}

const offline: Banner = {
  tone: "warning",
  text: "You are offline. What you write is sent when you are back.",
  canTry: true,
};
