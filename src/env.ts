import type { ConversationRpc } from "./rpc/conversation.ts";
import type { InboxRpc } from "./rpc/inbox.ts";
import type { SessionRpc } from "./rpc/session.ts";

/** The bindings and variables of wrangler.toml. Variables are text and may be missing; `settings.ts` and `auth/config.ts` read them. */
export interface Env {
  readonly CONVERSATIONS: DurableObjectNamespace<ConversationRpc>;
  readonly INBOXES: DurableObjectNamespace<InboxRpc>;
  readonly SOCKETIO_SESSIONS: DurableObjectNamespace<SessionRpc>;
  readonly DB: D1Database;
  readonly ADDRESS_LIMIT?: RateLimit;
  readonly SESSION_LIMIT?: RateLimit;
  readonly METRICS?: AnalyticsEngineDataset;
  readonly JWT_SECRET?: string;
  readonly JWT_JWKS_URL?: string;
  readonly JWT_ISSUER?: string;
  readonly JWT_AUDIENCE?: string;
  readonly JWT_USER_CLAIM?: string;
  readonly JWT_NAME_CLAIM?: string;
  readonly JWT_PICTURE_CLAIM?: string;
  readonly ADMIN_KEY?: string;
  readonly LOG_LINES?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly RATE_LIMIT_PER_SECOND?: string;
  readonly RATE_LIMIT_BURST?: string;
  readonly NEW_CONVERSATIONS_PER_HOUR?: string;
  readonly MAX_TEXT_BYTES?: string;
  readonly EDIT_WINDOW_SECONDS?: string;
  readonly ALIASES?: string;
  readonly PEERS?: string;
  readonly SOCKETIO_PATHS?: string;
  readonly SOCKETIO_PING_INTERVAL_MS?: string;
  readonly SOCKETIO_PING_TIMEOUT_MS?: string;
  readonly SOCKETIO_MAX_PAYLOAD_BYTES?: string;
  readonly SOCKETIO_CONNECT_TIMEOUT_MS?: string;
  readonly SOCKETIO_AUTH_KEYS?: string;
  readonly CHATS_API?: string;
}
