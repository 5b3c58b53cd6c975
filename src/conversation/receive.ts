import { parseClientFrame, ping, pong, type ClientFrame } from "../protocol/client-frame.ts";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import { fitsBytes } from "../protocol/text.ts";
import type { Connection } from "./connection.ts";
import type { SendOutcome } from "./line.ts";
import type { Room } from "./room.ts";

/** Takes one frame of one socket: parsed once, judged, answered. Frames behind an `auth` wait for its verdict. */
export function receive(room: Room, connection: Connection, data: string | ArrayBuffer): void {
  if (connection.verifying !== undefined) {
    void connection.verifying.then(() => receive(room, connection, data));
    return;
  }
  if (!connection.isOpen) {
    return;
  }
  connection.heardAtMs = room.ports.now();
  const frame = frameFrom(room, connection, data);
  if (frame === undefined) {
    return;
  }
  connection.badFrames = 0;
  if (frame.type !== "auth" && connection.isExpired(room.ports.now())) {
    room.connections.end(connection, "token_expired");
    return;
  }
  const refused = act(room, connection, frame);
  if (refused !== undefined) {
    answerRefusal(room, connection, refused);
  }
  room.archiver.wake();
}

function act(room: Room, connection: Connection, frame: ClientFrame): Refusal | undefined {
  if (frame.type === "send") {
    room.send(connection.side, frame, (outcome) => answerSend(room, connection, frame.id, outcome));
    return undefined;
  }
  const limited = room.allowances.takeSignal(connection.side);
  if (limited !== undefined) {
    return limited;
  }
  if (frame.type === "delivered") {
    return room.delivered(connection, frame.seq);
  }
  if (frame.type === "read") {
    room.read(connection.side, frame.seq, (outcome) => {
      if (outcome.kind === "refused") {
        answerRefusal(room, connection, outcome.refusal);
      }
    });
  } else if (frame.type === "typing") {
    room.typing(connection.side, frame.on);
  } else {
    connection.verifying = verify(room, connection, frame.token);
  }
  return undefined;
}

function frameFrom(room: Room, connection: Connection, data: string | ArrayBuffer): ClientFrame | undefined {
  const { maxFrameBytes } = room.ports.limits;
  if (typeof data === "string" ? !fitsBytes(data, maxFrameBytes) : data.byteLength > maxFrameBytes) {
    room.connections.end(connection, "too_large");
    return undefined;
  }
  if (data === ping) {
    // The runtime answers pings itself; one that comes here was sent before it could.
    connection.send(pong);
    return undefined;
  }
  const parsed =
    typeof data === "string"
      ? parseClientFrame(data)
      : ({ ok: false, message: "binary frames carry nothing" } as const);
  if (parsed.ok) {
    return parsed.frame;
  }
  const id = "id" in parsed ? parsed.id : undefined;
  answerRefusal(room, connection, refusal("bad_frame", { message: parsed.message }), id);
  connection.badFrames += 1;
  if (connection.badFrames >= room.ports.limits.maxBadFrames) {
    room.connections.end(connection, "bad_frame");
  }
  return undefined;
}

function answerSend(room: Room, connection: Connection, id: string, outcome: SendOutcome): void {
  if (outcome.kind === "refused") {
    answerRefusal(room, connection, outcome.refusal, id);
    return;
  }
  const { seq, createdRev, createdAtMs } = outcome.message;
  room.connections.send(connection, { type: "ack", id, seq, rev: createdRev, createdAt: createdAtMs });
}

function answerRefusal(room: Room, connection: Connection, refused: Refusal, id?: string): void {
  room.connections.send(connection, { type: "error", ...(id !== undefined && { id }), ...refused });
}

// A token that does not hold ends the socket; one that cannot be judged now leaves it its old token.
async function verify(room: Room, connection: Connection, token: string): Promise<void> {
  try {
    const verdict = await room.ports.verifyToken(token);
    if (verdict.ok && verdict.user === room.ports.pair[connection.side]) {
      connection.remember({ expiresAtMs: verdict.expiresAtMs });
    } else if (verdict.ok) {
      room.connections.end(connection, "unauthorized");
    } else if (errorCatalogue[verdict.refusal.code].status === 503) {
      answerRefusal(room, connection, verdict.refusal);
    } else {
      room.connections.end(connection, verdict.refusal.code);
    }
  } catch {
    room.connections.end(connection, "internal");
  } finally {
    connection.verifying = undefined;
  }
}
