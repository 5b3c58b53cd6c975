import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Talker, TalkerOptions } from "./talker.ts";

/** Debian's interpreter: it has Debian's packages, `python3-socketio` among them. */
const python = "/usr/bin/python3";
const program = join(import.meta.dirname, "client.py");

interface Told {
  readonly event?: string;
  readonly args?: readonly Readonly<Record<string, unknown>>[];
  readonly connected?: string;
  readonly refused?: unknown;
  readonly gaveUp?: string;
  readonly id?: number;
  readonly answer?: unknown;
  readonly failed?: string;
}

/** Debian's `python3-socketio`. Resolves once it is connected or was refused. */
export async function connectPython(options: TalkerOptions): Promise<Talker> {
  const child = spawn(python, [program], { stdio: ["pipe", "pipe", "pipe"] });
  let trouble = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    trouble += text;
  });
  const ended = once(child, "exit");
  const told: Told[] = [];
  const watchers = new Set<() => void>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    told.push(JSON.parse(line) as Told);
    watchers.forEach((watcher) => watcher());
  });
  const first = async (matches: (one: Told) => boolean): Promise<Told> =>
    new Promise((resolve, reject) => {
      const watcher = () => {
        const found = told.find(matches);
        if (found !== undefined) {
          watchers.delete(watcher);
          resolve(found);
        }
      };
      watchers.add(watcher);
      watcher();
      void ended.then(() =>
        reject(new Error(`the python client ended (is python3-socketio installed?)\n${trouble}`)),
      );
    });
  const command = (what: object) => child.stdin.write(`${JSON.stringify(what)}\n`);
  const { transports } = options;
  command({ ...options, transports: transports ?? null });
  await first(({ connected, gaveUp }) => connected !== undefined || gaveUp !== undefined);
  let calls = 0;
  return {
    call: async (name, value) => {
      calls += 1;
      const mine = calls;
      command({ do: "call", id: mine, name, value });
      const { answer, failed } = await first(({ id }) => id === mine);
      if (failed !== undefined) {
        throw new Error(failed);
      }
      return answer ?? undefined;
    },
    emit: (name, value) => void command({ do: "emit", name, value }),
    events: (name) => told.flatMap(({ event, args }) => (event === name ? [args?.[0] ?? {}] : [])),
    get connects() {
      return told.filter(({ connected }) => connected !== undefined).length;
    },
    get refused() {
      return told.find(({ refused }) => refused !== undefined)?.refused;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
