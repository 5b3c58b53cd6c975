import { readdirSync, readFileSync } from "node:fs";

/** Linux counts processor time in hundredths of a second. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

interface ProcessStat {
  readonly name: string;
  readonly parent: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** The children of this process that run a program, by its name. */
export function childrenNamed(name: string): number[] {
  return processIds().filter((pid) => {
    const stat = statOf(pid);
    return stat?.name === name && stat.parent === process.pid;
  });
}

/** Processor seconds, user and system, of processes and their living descendants; undefined where /proc is not there. */
export function cpuSecondsOf(roots: readonly number[]): number | undefined {
  return sumOf(roots, ({ cpuSeconds }) => cpuSeconds);
}

/** Memory that they hold. */
export function residentMiBOf(roots: readonly number[]): number | undefined {
  return sumOf(roots, ({ residentMiB }) => residentMiB);
}

function sumOf(roots: readonly number[], of: (stat: ProcessStat) => number): number | undefined {
  const stats = new Map(
    processIds().flatMap((pid) => {
      const stat = statOf(pid);
      return stat === undefined ? [] : [[pid, stat] as const];
    }),
  );
  const belongs = (pid: number): boolean =>
    roots.includes(pid) || (stats.has(pid) && belongs(stats.get(pid)?.parent ?? 0));
  const values = [...stats].filter(([pid]) => belongs(pid)).map(([, stat]) => of(stat));
  return values.length === 0 ? undefined : values.reduce((sum, one) => sum + one, 0);
}

function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

// proc(5): pid (name) state ppid …; utime and stime are the 14th and 15th field. A name may hold anything.
function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      name: text.slice(text.indexOf("(") + 1, end),
      parent: Number(fields[1]),
      cpuSeconds: ticks / ticksPerSecond,
      residentMiB: (Number(fields[21]) * pageBytes) / 1_048_576,
    };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}
