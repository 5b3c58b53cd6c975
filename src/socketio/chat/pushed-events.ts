import type { ClientCursors } from "./client-cursors.ts";
import type { NamespaceSocket } from "../namespaces.ts";
import type { OwnSends } from "./own-sends.ts";
import type { Revisions } from "./revisions.ts";
import { eventOf, privateDmOf, type PushedFrame } from "./events.ts";

interface PushedEventsPorts {
  readonly user: string;
  readonly socket: NamespaceSocket;
  readonly cursors: ClientCursors;
  readonly revisions: Revisions;
  readonly ownSends: OwnSends;
}

/** Turns the frames that the user's inbox pushes into events of the client, in both vocabularies. */
export class PushedEvents {
  readonly #ports: PushedEventsPorts;
  /** Frames that came before the client's CONNECT was answered. */
  #early: PushedFrame[] | undefined;

  constructor(ports: PushedEventsPorts) {
    this.#ports = ports;
  }

  /** Keeps frames until `release`: no event may come before the answer to CONNECT. */
  hold(): void {
    this.#early = [];
  }

  release(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.push(early);
  }

  push(frames: readonly PushedFrame[]): void {
    if (this.#early !== undefined) {
      this.#early.push(...frames);
      return;
    }
    for (const frame of frames) {
      this.#emit(frame);
    }
  }

  #emit(frame: PushedFrame): void {
    const { socket, cursors, revisions, ownSends, user } = this.#ports;
    socket.emit(...eventOf(frame));
    if (frame.type === "reset") {
      cursors.forget(frame.peer);
      revisions.forget(frame.peer);
    }
    if (frame.type !== "message") {
      return;
    }
    const { message, peer, isNew } = frame;
    revisions.onMoved(peer, message.rev);
    if (isNew !== true || message.deletedAt !== undefined || !cursors.tell(peer, message.seq)) {
      return;
    }
    if (message.author !== user || !ownSends.remove(message.id)) {
      socket.emit("private_dm", privateDmOf(message, user, peer));
    }
  }
}
