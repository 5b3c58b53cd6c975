import type { Connection, PairlineError } from "../../client/index.ts";
import { errorText, isSignedOut } from "./error-text.ts";

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
  /** Why the last try failed, since the client was last connected. */
  readonly failure: PairlineError | undefined;
  /** The token never changes: only the app can open the page with another. */
  readonly isTokenFixed: boolean;
}

/** What stands above everything while the client is not connected. */
export function bannerOf(connection: Connection, circumstances: Circumstances): Banner | undefined {
  const { wasOpen, isOnline, failure } = circumstances;
  const { state } = connection;
  if (state === "stopped") {
    return stopped(connection.error, circumstances);
  }
  if (state === "closed") {
    return undefined;
  }
  // The browser knows at once, the socket's death is noticed later.
  if (!isOnline) {
    return warning("You are offline. What you write is sent when you are back.", false);
  }
  if (state === "open" || (failure === undefined && !wasOpen)) {
    return undefined;
  }
  // The same text through all tries: a screen reader reads each change.
  return failure === undefined
    ? warning("Connecting again… What you write is sent then.", false)
    : warning(`${unavailable(failure)} What you write is sent later.`, true);
}

function stopped(error: PairlineError, { isTokenFixed }: Circumstances): Banner {
  const needsApp = isTokenFixed && isSignedOut(error);
  const text = needsApp ? "You are signed out. Open the chat from your app again." : errorText(error);
  return { tone: "error", text, canTry: !needsApp };
}

function unavailable(error: PairlineError): string {
  if (error.code === "no_token") {
    return "You cannot be signed in at the moment.";
  }
  const isExact = ["network", "not_configured", "not_migrated"].includes(error.code);
  return isExact ? errorText(error) : "The server is not available at the moment.";
}

function warning(text: string, canTry: boolean): Banner {
  return { tone: "warning", text, canTry };
}
