import type { Parsed } from "../protocol/client-frame.ts";
import { ping, pong } from "../protocol/heartbeat.ts";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import { fitsBytes } from "../protocol/text.ts";
import type { Verification } from "../auth/verify.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionSet } from "./connection-set.ts";

interface ErrorFrame extends Refusal {
  readonly type: "error";
  readonly id?: string;
  readonly peer?: string;
}

/** What a fresh token on a live socket is checked with. */
interface Authenticator<Device extends Connection> {
  readonly connections: Pick<ConnectionSet<Device, ErrorFrame>, "accessError" | "refuse" | "end">;
  /** The allowance of an `auth` frame. */
  readonly takeAuth: (connection: Device) => Refusal | undefined;
  readonly verifyToken: (token: string) => Promise<Verification>;
  readonly userOf: (connection: Device) => string;
}

/** What an object says to the frames of its sockets. */
export interface FrameHandler<
  Device extends Connection,
  Frame extends { readonly type: string },
> extends Authenticator<Device> {
  readonly limits: Limits;
  readonly now: () => number;
  readonly parse: (text: string) => Parsed<Frame | AuthFrame>;
  /** Does what a frame says; a refusal is answered with an `error`. */
  readonly act: (connection: Device, frame: Frame) => Refusal | undefined;
}

interface AuthFrame {
  readonly type: "auth";
  readonly token: string;
}

/** Takes one frame of one socket: parsed once, judged, answered. Frames behind an `auth` wait for its verdict. */
export function receive<Device extends Connection, Frame extends { readonly type: string }>(
  receiver: FrameHandler<Device, Frame>,
  connection: Device,
  data: string | ArrayBuffer,
): void {
  if (connection.waiting !== undefined) {
    void connection.waiting.then(() => receive(receiver, connection, data));
    return;
  }
  if (!connection.isOpen) {
    return;
  }
  connection.heardAtMs = receiver.now();
  const frame = frameFrom(receiver, connection, data);
  if (frame === undefined) {
    return;
  }
  connection.badFrames = 0;
  const refused = isAuth(frame)
    ? authenticate(receiver, connection, frame)
    : act(receiver, connection, frame);
  if (refused !== undefined) {
    sendError(receiver, connection, refused);
  }
}

/** An `error` frame to one socket. */
export function sendError<Device extends Connection>(
  { connections }: { readonly connections: Pick<ConnectionSet<Device, ErrorFrame>, "refuse"> },
  connection: Device,
  refused: Refusal,
  about: { readonly id?: string; readonly peer?: string } = {},
): void {
  connections.refuse(connection, { type: "error", ...about, ...refused });
}

function act<Device extends Connection, Frame extends { readonly type: string }>(
  receiver: FrameHandler<Device, Frame>,
  connection: Device,
  frame: Frame,
): Refusal | undefined {
  const error = receiver.connections.accessError(connection);
  if (error !== undefined) {
    receiver.connections.end(connection, error);
    return undefined;
  }
  return receiver.act(connection, frame);
}

function isAuth(frame: { readonly type: string }): frame is AuthFrame {
  return frame.type === "auth";
}

function frameFrom<Device extends Connection, Frame extends { readonly type: string }>(
  receiver: FrameHandler<Device, Frame>,
  connection: Device,
  data: string | ArrayBuffer,
): Frame | AuthFrame | undefined {
  const { maxFrameBytes, maxBadFrames } = receiver.limits;
  if (typeof data === "string" ? !fitsBytes(data, maxFrameBytes) : data.byteLength > maxFrameBytes) {
    receiver.connections.end(connection, "too_large");
    return undefined;
  }
  if (data === ping) {
    // The runtime answers pings itself; one that comes here was sent before it could.
    connection.send(pong);
    return undefined;
  }
  const parsed =
    typeof data === "string"
      ? receiver.parse(data)
      : ({ ok: false, message: "binary frames carry nothing", about: {} } as const);
  if (parsed.ok) {
    return parsed.frame;
  }
  sendError(receiver, connection, refusal("bad_frame", { message: parsed.message }), parsed.about);
  connection.badFrames += 1;
  if (connection.badFrames >= maxBadFrames) {
    receiver.connections.end(connection, "bad_frame");
  }
  return undefined;
}

function authenticate<Device extends Connection>(
  receiver: Authenticator<Device>,
  connection: Device,
  { token }: AuthFrame,
): Refusal | undefined {
  const limited = receiver.takeAuth(connection);
  if (limited === undefined) {
    connection.waiting = verify(receiver, connection, token);
  }
  return limited;
}

// A token that does not hold ends the socket; one that cannot be judged now leaves it its old token.
async function verify<Device extends Connection>(
  receiver: Authenticator<Device>,
  connection: Device,
  token: string,
): Promise<void> {
  const { connections } = receiver;
  try {
    const verdict = await receiver.verifyToken(token);
    if (verdict.ok && verdict.user === receiver.userOf(connection)) {
      connection.remember({ expiresAtMs: verdict.expiresAtMs });
    } else if (verdict.ok) {
      connections.end(connection, "unauthorized");
    } else if (errorCatalogue[verdict.refusal.code].status === 503) {
      sendError(receiver, connection, verdict.refusal);
    } else {
      connections.end(connection, verdict.refusal.code);
    }
  } catch {
    connections.end(connection, "internal");
  } finally {
    connection.waiting = undefined;
  }
}
