import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectDir, type LocalPlace } from "./local.ts";

const patienceMs = 90_000;
/** Of what a Worker that does not start prints: its reason is at the end. */
const maxErrorCharacters = 2_000;

/** Makes sure that a Worker runs at the place; returns what stops it again where this call started it. */
export async function startWorker({ url }: LocalPlace): Promise<() => Promise<void>> {
  if (await isUp(url)) {
    console.log(`Using the Worker at ${url}.`);
    return () => Promise.resolve();
  }
  console.log(`No Worker runs at ${url}; starting one.`);
  const child = spawn(process.execPath, [join(projectDir, "src", "commands", "start.ts")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-maxErrorCharacters);
  });
  const closed = once(child, "close");
  const until = Date.now() + patienceMs;
  while (!(await isUp(url))) {
    if (Date.now() > until || child.exitCode !== null) {
      child.kill("SIGTERM");
      // What it printed last may come after its exit.
      await closed;
      const reason = errors.trim() === "" ? "run `npm start` to see why" : errors.trim();
      throw new Error(`The Worker did not start: ${reason}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return () => stopped(child);
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
