import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Direction, Ending, Fate } from "./fault-plan.ts";
import { FrameReader } from "./websocket-frames.ts";

export const faultNames = [
  "refused",
  "dropped",
  "duplicated",
  "delayed",
  "cut",
  "cutMidFrame",
  "silence",
] as const;
export type FaultName = (typeof faultNames)[number];

/** Stands before a Worker and does to each connection what its fate says. */
export interface FaultProxy {
  readonly url: string;
  /** How often what was done. */
  readonly faults: Readonly<Record<FaultName, number>>;
  /** Cuts every connection of now; those that follow have fates of their own. */
  cutAll(): void;
  close(): Promise<void>;
}

const headEnd = "\r\n\r\n";
/**
 * News of the server that pass after one was dropped, before another may be. No network loses a frame and keeps the
 * connection; a client heals it all the same, by a replay, but gives up where three in a row lack something.
 */
const leastBetweenDrops = 500;

export async function faultProxy(
  workerUrl: string,
  fateOf: (connection: number) => Fate,
): Promise<FaultProxy> {
  const workerPort = Number(new URL(workerUrl).port);
  const faults: Record<FaultName, number> = Object.fromEntries(faultNames.map((name) => [name, 0])) as never;
  const passages: Passage[] = [];
  let connections = 0;
  const losses = new Losses();
  const server = createServer((client) => {
    const fate = fateOf(connections);
    connections += 1;
    if (fate.isRefused) {
      faults.refused += 1;
      client.resetAndDestroy();
      return;
    }
    const passage = new Passage(client, connect(workerPort, "127.0.0.1"), {
      fate,
      count: (name) => void (faults[name] += 1),
      losses,
    });
    passages.push(passage);
  });
  const cutAll = () => passages.splice(0).forEach((passage) => passage.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    cutAll,
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
}

/** Decides over all connections of a client which news are lost. */
class Losses {
  #sinceLast = leastBetweenDrops;

  /** Called for each: whether it is lost. */
  isLost(isWished: boolean): boolean {
    this.#sinceLast += 1;
    const isLost = isWished && this.#sinceLast > leastBetweenDrops;
    this.#sinceLast = isLost ? 0 : this.#sinceLast;
    return isLost;
  }
}

interface PassageContext {
  readonly fate: Fate;
  readonly losses: Losses;
  readonly count: (name: FaultName) => void;
}

/** One connection of a client and the one to the Worker that belongs to it. */
class Passage {
  readonly #sockets: Readonly<Record<Direction, Socket>>;
  readonly #context: PassageContext;
  #frames = 0;
  #isSilent = false;

  constructor(client: Socket, worker: Socket, context: PassageContext) {
    // By the direction in which each is written to.
    this.#sockets = { up: worker, down: client };
    this.#context = context;
    this.#join("up", client);
    this.#join("down", worker);
  }

  end(): void {
    this.#sockets.up.destroy();
    this.#sockets.down.destroy();
  }

  #join(direction: Direction, from: Socket): void {
    const to = this.#sockets[direction];
    const lane = new Lane(to);
    const reader = new PieceReader(direction);
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) =>
      reader.push(chunk).forEach((piece) => this.#pass(piece, direction, lane)),
    );
    from.on("error", () => {});
    from.on("close", () => {
      // Of a connection that went silent the other side does not hear.
      if (!this.#isSilent) {
        lane.finish();
      }
    });
  }

  #pass({ bytes, kind, text }: Piece, direction: Direction, lane: Lane): void {
    if (this.#isSilent) {
      return;
    }
    const { fate, count } = this.#context;
    if (kind === "upgrade") {
      lane.write(bytes, 0);
      return;
    }
    if (this.#isOver(kind, direction)) {
      count(fate.ending.kind);
      this.#end(fate.ending.kind, bytes, lane);
      return;
    }
    this.#passOn(bytes, text, direction, lane);
  }

  #passOn(bytes: Buffer, text: string | undefined, direction: Direction, lane: Lane): void {
    const { fate, losses, count } = this.#context;
    const { isDropped, isDuplicated, delayMs } = fate.nextFrame(direction);
    if (direction === "down" && isNews(text) && losses.isLost(isDropped)) {
      count("dropped");
      return;
    }
    if (delayMs > 0) {
      count("delayed");
    }
    lane.write(bytes, delayMs);
    if (isDuplicated && text !== undefined) {
      count("duplicated");
      lane.write(bytes, 0);
    }
  }

  /** A socket's connection after its frames; a request's where its answer is due. */
  #isOver(kind: "frame" | "http", direction: Direction): boolean {
    const { ending, isRequestSpoilt } = this.#context.fate;
    if (kind === "http") {
      return isRequestSpoilt && direction === "down";
    }
    this.#frames += 1;
    return this.#frames > ending.afterFrames;
  }

  #end(kind: Ending, bytes: Buffer, lane: Lane): void {
    if (kind === "silence") {
      this.#isSilent = true;
    } else if (kind === "cut") {
      this.end();
    } else {
      lane.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), 0, () => this.end());
    }
  }
}

/** A message, or the answer to one: the frames whose loss a client can see by what follows. */
function isNews(text: string | undefined): boolean {
  const { type } = JSON.parse(text?.startsWith("{") === true ? text : "{}") as { type?: string };
  return type === "message" || type === "ack";
}

/** Writes to a socket in order; what is delayed delays what comes behind it. */
class Lane {
  readonly #socket: Socket;
  #waiting: (() => void)[] | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  write(bytes: Buffer, delayMs: number, written: () => void = () => {}): void {
    this.#inTurn(() => {
      if (delayMs === 0) {
        this.#socket.write(bytes, written);
        return;
      }
      this.#waiting = [];
      setTimeout(() => {
        this.#socket.write(bytes, written);
        const waiting = this.#waiting ?? [];
        this.#waiting = undefined;
        waiting.forEach((step) => this.#inTurn(step));
      }, delayMs);
    });
  }

  finish(): void {
    this.#inTurn(() => this.#socket.end());
  }

  #inTurn(step: () => void): void {
    if (this.#waiting === undefined) {
      step();
    } else {
      this.#waiting.push(step);
    }
  }
}

/** Bytes that travel together: a frame, the heads of an upgrade, or whatever of a request or answer came at once. */
interface Piece {
  readonly kind: "frame" | "upgrade" | "http";
  readonly bytes: Buffer;
  /** What a text frame says. */
  readonly text?: string | undefined;
}

/** One direction of a connection: the head of a request or answer, then frames where it is an upgrade. */
class PieceReader {
  readonly #direction: Direction;
  readonly #frames = new FrameReader();
  #head: Buffer | undefined = Buffer.alloc(0);
  #isUpgrade = false;

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  push(chunk: Buffer): Piece[] {
    if (this.#head === undefined) {
      return this.#pieces(chunk);
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(headEnd);
    if (end === -1) {
      return [];
    }
    const head = this.#head.toString("latin1", 0, end + headEnd.length);
    const rest = this.#head.subarray(end + headEnd.length);
    this.#head = undefined;
    this.#isUpgrade = this.#direction === "up" ? /^upgrade: *websocket/im.test(head) : / 101 /.test(head);
    const kind = this.#isUpgrade ? "upgrade" : "http";
    const asked = this.#isUpgrade ? withoutCompression(head) : asLast(head);
    const bytes = Buffer.from(this.#direction === "up" ? asked : head, "latin1");
    return [{ kind, bytes }, ...this.#pieces(rest)];
  }

  #pieces(bytes: Buffer): Piece[] {
    if (this.#isUpgrade) {
      return this.#frames.push(bytes).map((frame) => ({ kind: "frame", ...frame }));
    }
    return bytes.length === 0 ? [] : [{ kind: "http", bytes }];
  }
}

// What is compressed with the frames before it could neither be read nor repeated.
function withoutCompression(head: string): string {
  return head.replace(/^sec-websocket-extensions:.*\r\n/im, "");
}

// Each request has a connection of its own, and so a fate.
function asLast(head: string): string {
  return head.replace(/^connection:.*\r\n/im, "").replace(headEnd, `\r\nconnection: close${headEnd}`);
}
