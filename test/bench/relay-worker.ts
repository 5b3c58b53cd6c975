// What Pairline is measured against: an object that passes frames on and stores nothing, and one that stores each
// frame with a commit of its own. Neither parses, checks, counts or numbers anything.
import { DurableObject } from "cloudflare:workers";

const ready = '{"type":"ready"}';
const ack = '{"type":"ack"}';

interface RelayEnv {
  readonly RELAYS: DurableObjectNamespace<Relay>;
  readonly STORING_RELAYS: DurableObjectNamespace<StoringRelay>;
}

export class Relay extends DurableObject<RelayEnv> {
  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.send(ready);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(from: WebSocket, frame: string): void {
    for (const webSocket of this.ctx.getWebSockets()) {
      if (webSocket !== from) {
        webSocket.send(frame);
      }
    }
    from.send(ack);
  }

  override webSocketClose(webSocket: WebSocket): void {
    webSocket.close(1000);
  }
}

export class StoringRelay extends Relay {
  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL)");
  }

  override webSocketMessage(from: WebSocket, frame: string): void {
    this.ctx.storage.sql.exec("INSERT INTO frames (frame) VALUES (?)", frame);
    super.webSocketMessage(from, frame);
  }
}

const worker: ExportedHandler<RelayEnv> = {
  fetch(request, env) {
    const [, kind, room] = new URL(request.url).pathname.split("/");
    const namespace = kind === "storing" ? env.STORING_RELAYS : env.RELAYS;
    return namespace.getByName(room ?? "").fetch(request);
  },
};

// oxlint-disable-next-line import/no-default-export -- the runtime takes a Worker's handlers from there
export default worker;
