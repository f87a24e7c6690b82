import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchServer } from './server.ts';

/** CPU time that processes have used since they began, of Linux alone. */
export type CpuUse = { readonly serverMs: number; readonly postgresMs: number };

/** A tick of /proc, by which Linux counts. */
const TICK_MS = 10;

/** What a process has used since it began, ms. */
export const cpuMsOf = (pid: number): number => useOf(pid).ticks * TICK_MS;

/** What a process and those that it started have used, ended ones too, ms: of Postgres or Redis by its first process. */
export const cpuMsOfAll = (pid: number): number => {
  const own = useOf(pid);
  return (own.ticks + own.ticksOfEnded) * TICK_MS + childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), 0);
};

/** What a server and the processes of its embedded Postgres have used. */
export const cpuUse = (server: Pick<BenchServer, 'pid' | 'dataDir'>): CpuUse => ({
  serverMs: cpuMsOf(server.pid),
  postgresMs: cpuMsOfAll(postmasterOf(server)),
});

/** The first process of a server's embedded Postgres. */
export const postmasterOf = ({ dataDir }: Pick<BenchServer, 'dataDir'>): number => {
  const [first = ''] = readFileSync(path.join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n');
  return Number(first);
};

export const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) && useOf(Number(name)).parent === pid ? [Number(name)] : [],
  );

type ProcessUse = { readonly parent: number; readonly ticks: number; readonly ticksOfEnded: number };

/** By proc(5): the fields after the name, which may hold blanks. Nothing of a process that has just ended. */
const useOf = (pid: number): ProcessUse => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [, parent = 0, , , , , , , , , , user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.map(Number);
    return { parent, ticks: user + system, ticksOfEnded: endedUser + endedSystem };
  } catch {
    return { parent: 0, ticks: 0, ticksOfEnded: 0 };
  }
};
