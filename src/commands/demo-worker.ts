import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { projectDir, type LocalPlace } from "./local.ts";

const patienceMs = 90_000;

/** Makes sure that a Worker runs at the place; returns what stops it again where this call started it. */
export async function startWorker({ url }: LocalPlace): Promise<() => Promise<void>> {
  if (await isUp(url)) {
    console.log(`Using the Worker at ${url}.`);
    return () => Promise.resolve();
  }
  console.log(`No Worker runs at ${url}; starting one.`);
  const child = spawn(process.execPath, [join(projectDir, "src", "commands", "start.ts")], {
    stdio: "ignore",
  });
  const until = Date.now() + patienceMs;
  while (!(await isUp(url))) {
    if (Date.now() > until || child.exitCode !== null) {
      child.kill("SIGTERM");
      throw new Error("the Worker did not start; run `npm start` to see why");
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
