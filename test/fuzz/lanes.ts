import type { ProvenWorker } from "../proof/worker.ts";
import type { Judge } from "./answers.ts";
import { packetVolleys, volleys } from "./generators.ts";
import { conversationSocket, inboxSocket, socketIoPolling, socketIoSocket } from "./hostiles.ts";
import { engineNoise, requests, upgrades } from "./request-generators.ts";
import { forge, request, upgrade } from "./requests.ts";
import { Supply } from "./seeds.ts";
import { attack, type Attacked, type Hostile } from "./sockets.ts";
import { bentTokens } from "./token-generators.ts";
import type { Watch } from "./watch.ts";

/** What every lane throws its frames at, and who looks at the answers. */
export interface Target {
  readonly worker: ProvenWorker;
  readonly watch: Watch;
  readonly judge: Judge;
  /** Ids of sessions that are none. */
  readonly sids: readonly string[];
}

export interface Tokens {
  readonly you: string;
  /** Whose sockets come and go, and take nobody's place. */
  readonly passerBy: string;
}

/** A user who talks with one other over all four kinds of lines at once, and asks beside that. */
export class Lane {
  readonly #target: Target;
  readonly #lines: readonly {
    readonly share: number;
    readonly attack: (frames: number) => Promise<Attacked>;
  }[];
  readonly #requests;
  readonly #forged;
  readonly #upgrades;

  constructor(target: Target, { you, passerBy }: Tokens, cast: { you: string; peer: string }, seed: number) {
    this.#target = target;
    const { sids, judge, watch, worker } = target;
    const { url, adminKey } = worker;
    const supply = <Value>(arbitrary: ConstructorParameters<typeof Supply<Value>>[0], what: string) =>
      new Supply(arbitrary, seed, `${cast.you} ${what}`);
    const noise = supply(engineNoise, "noise");
    const line = (share: number, hostile: Hostile, drawn: Parameters<typeof attack>[1]) => ({
      share,
      attack: (frames: number) => attack(hostile, drawn, frames, watch),
    });
    this.#lines = [
      line(0.4, conversationSocket(url, cast, you), supply(volleys(cast, you), "conversation")),
      line(0.35, inboxSocket(url, cast, you), supply(volleys(cast, you), "inbox")),
      line(0.2, socketIoSocket(url, cast, you), supply(packetVolleys(cast, you), "Socket.IO")),
      line(
        0.05,
        socketIoPolling(url, cast, you, { noise: () => noise.take(), judge }),
        supply(packetVolleys(cast, you), "polling"),
      ),
    ];
    this.#requests = supply(requests(cast, { token: you, adminKey }, sids), "requests");
    this.#forged = supply(bentTokens(you), "tokens");
    this.#upgrades = supply(upgrades(cast, { token: passerBy, adminKey }, sids), "upgrades");
  }

  /** Sends until so many frames are settled, over all lines. */
  attack(frames: number): Promise<Attacked[]> {
    return Promise.all(this.#lines.map((line) => line.attack(Math.ceil(line.share * frames))));
  }

  /** A request for each twenty frames, a forged token for each hundred, an upgrade for each two hundred. Answers how many. */
  async ask(frames: number): Promise<number> {
    const { worker, judge, watch } = this.#target;
    const counts = [20, 100, 200].map((framesEach) => Math.ceil(frames / framesEach));
    const [requested = 0, forged = 0, upgraded = 0] = counts;
    await Promise.all([
      request(worker.url, this.#requests.takeMany(requested), judge, watch),
      forge(worker.url, this.#forged.takeMany(forged), judge, watch),
      upgrade(worker.url, this.#upgrades.takeMany(upgraded), judge, watch),
    ]);
    return requested + forged + upgraded;
  }
}
