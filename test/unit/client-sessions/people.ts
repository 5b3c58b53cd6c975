import type { Message } from "../../../src/client/api.ts";
import type { VirtualWorker } from "../virtual-worker/virtual-worker.ts";

const tries = 6;
const retryMs = 700;

/** Somebody who uses REST: a peer, or the user's own phone. */
export class Person {
  readonly #worker: VirtualWorker;
  readonly #name: string;

  constructor(worker: VirtualWorker, name: string) {
    this.#worker = worker;
    this.#name = name;
  }

  async send(peer: string, text: string): Promise<void> {
    await this.request("POST", `${conversation(peer)}/messages`, { id: text.replaceAll(" ", "-"), text });
  }

  async edit(peer: string, seq: number, text: string): Promise<void> {
    const id = text.replaceAll(" ", "-");
    await this.request("PATCH", `${conversation(peer)}/messages/${seq}`, { id, text });
  }

  /** Changes one of the newest messages that they may change so; nothing where there is none. */
  async change(
    peer: string,
    what: "edit" | "delete" | "react" | "read",
    { pick, text }: { readonly pick: number; readonly text: string },
  ): Promise<void> {
    const newest = await this.page(peer, 10);
    const own = newest.filter(({ author, deletedAt }) => author === this.#name && deletedAt === undefined);
    const messages = what === "edit" || what === "delete" ? own : newest;
    const seq = messages.at(-1 - (pick % Math.max(1, messages.length)))?.seq;
    if (seq === undefined) {
      return;
    }
    const path = `${conversation(peer)}/messages/${seq}`;
    if (what === "edit") {
      await this.edit(peer, seq, text);
    } else if (what === "delete") {
      await this.request("DELETE", path);
    } else if (what === "react") {
      await this.request("PUT", `${path}/reactions/${encodeURIComponent("👍")}`);
    } else {
      await this.request("PUT", `${conversation(peer)}/read`, { seq });
    }
  }

  /** The newest messages, oldest first. */
  async page(peer: string, limit: number, before?: number): Promise<readonly Message[]> {
    const place = before === undefined ? "" : `&before=${before}`;
    const page = await this.request("GET", `${conversation(peer)}/messages?limit=${limit}${place}`);
    return (page as { messages?: readonly Message[] } | undefined)?.messages ?? [];
  }

  /** All messages. */
  async history(peer: string): Promise<readonly Message[]> {
    let all: readonly Message[] = [];
    for (;;) {
      const page = await this.page(peer, 100, all[0]?.seq);
      all = [...page, ...all];
      if (page.length === 0 || all[0]?.seq === 1) {
        return all;
      }
    }
  }

  /** The answer's JSON; undefined where it was refused for good, or the server failed again and again. */
  async request(method: string, path: string, body?: object): Promise<unknown> {
    for (let count = 0; count < tries; count += 1) {
      const response = await this.#worker.fetch(path, this.#name, {
        method,
        ...(body !== undefined && {
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      });
      const answer: unknown = JSON.parse(await response.text());
      if (response.status < 429) {
        return response.ok ? answer : undefined;
      }
      await this.#worker.time.wait(retryMs);
    }
    return undefined;
  }
}

function conversation(peer: string): string {
  return `/v1/conversations/${peer}`;
}
