import { ping, pong } from "../protocol/heartbeat.ts";
import { socketRequestHeader } from "../rpc/upgrade-headers.ts";
import { requestIdHeader } from "../protocol/rest.ts";
import type { Attachment, Connection, Socket } from "./connection.ts";

/** The part of an object's state that holds its sockets. */
type SocketHolder = Pick<
  DurableObjectState,
  "acceptWebSocket" | "getWebSockets" | "setWebSocketAutoResponse" | "getWebSocketAutoResponseTimestamp"
>;

/** The plug between the platform's hibernatable sockets and the connections of an object. */
export class HibernatingSockets<Kept extends Attachment, Device extends Connection<Kept>> {
  readonly #holder: SocketHolder;
  readonly #parse: (attachment: unknown) => Kept | undefined;
  readonly #open: (socket: Socket, kept: Kept) => Device;
  readonly #devices = new Map<WebSocket, Device>();

  /** `parse` reads what a socket remembered; undefined where it is none of this object's. */
  constructor(
    holder: SocketHolder,
    parse: (attachment: unknown) => Kept | undefined,
    open: (socket: Socket, kept: Kept) => Device,
  ) {
    this.#holder = holder;
    this.#parse = parse;
    this.#open = open;
    holder.setWebSocketAutoResponse(new WebSocketRequestResponsePair(ping, pong));
  }

  /** The devices whose sockets outlived the object's sleep. */
  restored(): Device[] {
    for (const webSocket of this.#holder.getWebSockets()) {
      const device = this.#remembered(webSocket);
      // One that is closing counts too: its close event, which woke the object, must be answered.
      if (device !== undefined && webSocket.readyState !== WebSocket.CLOSED) {
        this.#devices.set(webSocket, device);
      }
    }
    return [...this.#devices.values()];
  }

  /** Accepts an upgrade. The answer names the subprotocol that the request carries, and the request. */
  accept(request: Request, remembered: Kept): { readonly device: Device; readonly response: Response } {
    const requestId = request.headers.get(socketRequestHeader) ?? "unknown";
    const kept = { ...remembered, requestId };
    const { 0: client, 1: server } = new WebSocketPair();
    this.#holder.acceptWebSocket(server);
    server.serializeAttachment(kept);
    const device = this.#open(this.#socket(server), kept);
    this.#devices.set(server, device);
    const protocol = request.headers.get("sec-websocket-protocol");
    const headers = {
      [requestIdHeader]: requestId,
      ...(protocol !== null && { "sec-websocket-protocol": protocol }),
    };
    const response = new Response(null, { status: 101, webSocket: client, headers });
    return { device, response };
  }

  of(webSocket: WebSocket): Device | undefined {
    return this.#devices.get(webSocket);
  }

  /** A socket that closed or broke. One whose close woke the object is not always listed any more; then `unlisted` hears of it. */
  onGone(webSocket: WebSocket, unlisted: (device: Device) => void): Device | undefined {
    const listed = this.#devices.get(webSocket);
    this.#devices.delete(webSocket);
    if (listed !== undefined) {
      return listed;
    }
    const device = this.#remembered(webSocket);
    if (device !== undefined) {
      unlisted(device);
    }
    return device;
  }

  #remembered(webSocket: WebSocket): Device | undefined {
    const kept = this.#parse(webSocket.deserializeAttachment());
    return kept === undefined || kept.ended === true ? undefined : this.#open(this.#socket(webSocket), kept);
  }

  #socket(webSocket: WebSocket): Socket {
    return {
      send: (text) => webSocket.send(text),
      close: (code, reason) => webSocket.close(code, reason),
      serializeAttachment: (value) => webSocket.serializeAttachment(value),
      pingedAtMs: () => this.#holder.getWebSocketAutoResponseTimestamp(webSocket)?.getTime(),
    };
  }
}
