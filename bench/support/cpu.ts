import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchServer } from './server.ts';

/** CPU time that processes have used since they began, of Linux alone. */
export type CpuUse = { readonly serverMs: number; readonly postgresMs: number };

/** A tick of /proc, by which Linux counts. */
const TICK_MS = 10;

/** What a process has used since it began, ms. */
export const cpuMsOf = (pid: number): number => useOf(pid).ticks * TICK_MS;

/** What a server and the processes of its embedded Postgres have used. */
export const cpuUse = ({ pid, dataDir }: Pick<BenchServer, 'pid' | 'dataDir'>): CpuUse => {
  const [first = ''] = readFileSync(path.join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n');
  const postmaster = Number(first);
  const own = useOf(postmaster);
  const children = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [useOf(Number(name))] : []));
  const ofPostgres = children.filter(({ parent }) => parent === postmaster).reduce((sum, { ticks }) => sum + ticks, 0);
  return {
    serverMs: cpuMsOf(pid),
    postgresMs: (own.ticks + own.ticksOfEnded + ofPostgres) * TICK_MS,
  };
};

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
