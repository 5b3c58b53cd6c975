import { useRef } from "preact/hooks";
import type { PairlineError } from "../../client/index.ts";
import { bannerOf } from "../reading/banner.ts";
import { useChat } from "./chat-context.ts";
import { useLive } from "./use-live.ts";
import { useOnline } from "./use-online.ts";

export function ConnectionBanner() {
  const { client, signOut, isTokenFixed } = useChat();
  const connection = useLive(client.connection);
  const wasOpen = useRef(false);
  const failure = useRef<PairlineError | undefined>(undefined);
  wasOpen.current ||= connection.state === "open";
  if (connection.state === "open" || connection.state === "waiting") {
    failure.current = connection.state === "waiting" ? connection.error : undefined;
  }
  const banner = bannerOf(connection, {
    wasOpen: wasOpen.current,
    isOnline: useOnline(),
    failure: failure.current,
    isTokenFixed,
  });
  const isSignedOut = banner?.tone === "error" && signOut !== undefined;
  return (
    <div class="banner-place" role="status">
      {banner !== undefined && (
        <div class={`banner ${banner.tone}`}>
          <span>{banner.text}</span>
          {banner.canTry && (
            <button type="button" onClick={() => client.connect()}>
              Try now
            </button>
          )}
          {isSignedOut && (
            <button type="button" onClick={signOut}>
              Sign in again
            </button>
          )}
        </div>
      )}
    </div>
  );
}
