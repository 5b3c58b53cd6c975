import { useRef } from "preact/hooks";
import { bannerOf } from "../reading/banner.ts";
import { useChat } from "./chat-context.ts";
import { useLive } from "./use-live.ts";
import { useOnline } from "./use-online.ts";

export function ConnectionBanner() {
  const { client, signOut } = useChat();
  const connection = useLive(client.connection);
  const wasOpen = useRef(false);
  wasOpen.current ||= connection.state === "open";
  const banner = bannerOf(connection, { wasOpen: wasOpen.current, isOnline: useOnline() });
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
