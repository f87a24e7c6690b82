import { readFileSync } from 'node:fs';

/**
 * The resident memory of processes in all, MB. A page that several processes of this machine have in common, such as
 * the shared memory of Postgres, is divided among them (`Pss` of proc(5)).
 */
export const residentMb = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + proportionalKb(pid), 0) / 1_024;

const proportionalKb = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
