import { setFlagsFor, writeFor, forwardFor } from "../../src/conversation/rpc-handlers.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import { pair, World } from "./world.ts";
import type { Device as DeviceSocket } from "../../src/conversation/devices.ts";

/** How Bob's frames reach the conversation. */
export type Way = "socket" | "rest" | "inbox";
/** How an answer of the line is known: at the place where it stands among all frames, or by REST a moment later. */
export type Answered = "in place" | "by REST";

interface Send {
  readonly id: string;
  readonly text: string;
  readonly after: number;
}

/**
 * Alice, who blocks and unblocks, and Bob, who writes: two sockets to one conversation. From what is answered and told, in
 * that order, it finds everything of Bob's that took a number although the block was already answered.
 */
export class BlockRace {
  readonly world = new World();
  /** What must not be. */
  readonly faults: string[] = [];
  readonly sent = new Map<string, Send>();
  readonly acknowledged = new Set<string>();
  readonly refusals: string[] = [];
  /** Blocks that were answered, and sends of Bob's that were refused. */
  blocks = 0;
  /** A block was answered, and no lifting was asked for since that could hold already. */
  #holds = false;
  #liftings = 0;
  /** The newest `state` that an answer was about. */
  #state = 0;
  /** Messages as Alice's device has them. */
  readonly #seen = new Map<number, Message>();
  #alice: DeviceSocket | undefined;
  #bob: DeviceSocket | undefined;

  get rev(): number {
    return this.world.room.sequencer.position.rev;
  }

  get isBlocked(): boolean {
    return this.world.room.sequencer.isBlocked("b");
  }

  connect(): void {
    const after = Math.max(0, ...[...this.#seen.values()].map(({ rev }) => rev));
    this.#alice = this.world.connect("a", { closed, frame: (text) => this.#toAlice(parsed(text)) }, after);
    this.#bob = this.world.connect("b", { closed, frame: (text) => this.#toBob(parsed(text)) });
  }

  /** The object dies with the turns that did not run. What it answered holds. */
  restart(): void {
    // A lifting that was not answered may hold or not.
    this.#holds &&= this.#liftings === 0;
    this.#liftings = 0;
    this.world.restart();
    this.connect();
  }

  setBlock(blocked: boolean, answered: Answered): void {
    const { room } = this.world;
    if (answered === "in place") {
      room.setFlags("a", { blocked }, () => {
        this.#state = room.sequencer.state.flags.state;
        this.blocks += blocked ? 1 : 0;
        this.#holds = blocked;
      });
      return;
    }
    // Such an answer comes after frames of writes that the lifting let through: from here on these are no faults.
    this.#liftings += blocked ? 0 : 1;
    void setFlagsFor(room, pair.a, { blocked }).then((reply) => {
      // One of an object that died is nobody's answer.
      if (reply.ok && room === this.world.room) {
        this.#liftings -= blocked ? 0 : 1;
        this.blocks += blocked ? 1 : 0;
        const { state } = reply.summary;
        // It may come behind the one of a later turn.
        this.#holds = state < this.#state ? this.#holds : reply.summary.blocked;
        this.#state = Math.max(state, this.#state);
      }
    });
  }

  aliceSends(id: string): void {
    this.#frame(this.#alice, { type: "send", id, text: `of alice ${id}`, after: this.rev });
  }

  /** Sends, or sends again what has this id. */
  send(id: string, way: Way): void {
    const send = this.sent.get(id) ?? { id, text: `of bob ${id}`, after: this.rev };
    this.sent.set(id, send);
    this.write({ type: "send", ...send }, way);
  }

  write(frame: WriteFrame, way: Way): void {
    const { room } = this.world;
    if (way === "socket") {
      this.#frame(this.#bob, frame);
    } else if (way === "rest") {
      void writeFor(room, pair.b, frame).then((reply) =>
        this.#answered(frame.id, reply.ok ? undefined : reply.refusal.code),
      );
    } else {
      void forwardFor(room, pair.b, [frame]).then(([answer]) =>
        this.#answered(frame.id, answer?.kind === "refused" ? answer.refusal.code : undefined),
      );
    }
  }

  #frame(connection: DeviceSocket | undefined, frame: object): void {
    if (connection !== undefined) {
      this.world.frame(connection, frame);
    }
  }

  #toBob(frame: ServerFrame): void {
    if (frame.type === "ack") {
      this.#answered(frame.id, undefined);
    } else if (frame.type === "error") {
      this.#answered(frame.id ?? "an error without an id", frame.code);
    }
  }

  #answered(id: string, refused: string | undefined): void {
    if (refused === undefined) {
      this.acknowledged.add(id);
    } else {
      this.refusals.push(refused);
    }
  }

  #toAlice(frame: ServerFrame): void {
    if (frame.type !== "message") {
      return;
    }
    const { message } = frame;
    const before = this.#seen.get(message.seq);
    this.#seen.set(message.seq, message);
    if (this.#holds && this.#liftings === 0 && showsMoreOfBob(message, before)) {
      this.faults.push(`rev ${message.rev} of seq ${message.seq} is Bob's and came after the block`);
    }
  }
}

const closed = () => {};

/** Whether a message, or what it became, shows something that Bob wrote since. */
function showsMoreOfBob(message: Message, before: Message | undefined): boolean {
  if (before === undefined) {
    return message.author === pair.b;
  }
  const newText = message.deletedAt === undefined && message.text !== before.text;
  return newText || reactionsOfBob(message) > reactionsOfBob(before);
}

function reactionsOfBob({ reactions = {} }: Message): number {
  return Object.values(reactions).filter((users) => users.includes(pair.b)).length;
}

function parsed(text: string): ServerFrame {
  return serverFrameSchema.parse(JSON.parse(text));
}
