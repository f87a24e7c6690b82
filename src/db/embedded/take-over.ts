import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError, runProgram, type ServerSettings } from './binaries.ts';

type ProcessState = {
  readonly parentPid: number;
  readonly zombie: boolean;
  /** The command line, separated by blanks; empty for a zombie or a process that is ending. */
  readonly command: string;
};

/** Returns the state of a process, or undefined if it does not exist. */
export const processState = (pid: number): Promise<ProcessState | undefined> =>
  process.platform === 'linux' ? fromProc(pid) : fromPs(pid);

const fromProc = async (pid: number): Promise<ProcessState | undefined> => {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The second field is the name in brackets, and the name may contain blanks and brackets.
    const [state = '', parentPid = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return toState(state, parentPid, cmdline.replaceAll('\0', ' '));
  } catch {
    return undefined;
  }
};

const fromPs = async (pid: number): Promise<ProcessState | undefined> => {
  const { code, output } = await runProgram('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)]);
  const [, state, parentPid, command] = /^(\S+)\s+(\d+)\s*(.*)$/s.exec(output.trim()) ?? [];
  if (code !== 0 || state === undefined || parentPid === undefined) return undefined;
  return toState(state, parentPid, command ?? '');
};

const toState = (state: string, parentPid: string, command: string): ProcessState => ({
  parentPid: Number(parentPid),
  zombie: state.startsWith('Z') || state.startsWith('X'),
  command,
});

/** The lock that was found in the cluster's folder before the start, and how it was resolved. */
export type LockState = 'nothing' | 'stale lock' | 'orphan stopped';

const LOCK_FILE = 'postmaster.pid';
const OWNER = /cluster_name=carillon-(\d+)/;
const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 5_000;
const POLL_MS = 20;

/** Names the owner process in the server's command line, so that an orphan can be recognized later. */
export const ownerSetting = (ownerPid: number): ServerSettings => ({ cluster_name: `carillon-${ownerPid}` });

/**
 * Prepares the cluster for a new server: stops a server whose owner died, and removes a stale lock.
 * @throws EmbeddedPostgresError ALREADY_RUNNING if the owner is alive, ORPHAN_STAYS if an orphan can't be stopped
 */
export const takeOver = async (clusterDir: string): Promise<LockState> => {
  const lockFile = path.join(clusterDir, LOCK_FILE);
  const pid = await pidInLock(lockFile);
  if (pid === undefined) return 'nothing';
  const server = await serverState(pid, clusterDir);
  if (server) {
    const owner = ownerOf(server.command);
    if (owner !== undefined && server.parentPid === owner) throw alreadyRunning(clusterDir, owner);
    await stopOrphan(pid, clusterDir);
  }
  // Postgres would mistake a zombie, or another program with the same pid, for the owner of the lock.
  await rm(lockFile, { force: true });
  return server ? 'orphan stopped' : 'stale lock';
};

const pidInLock = async (lockFile: string): Promise<number | undefined> => {
  const text = await readFile(lockFile, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
};

/** Returns the server of this cluster with that pid; undefined if it is gone, a zombie or another program. */
const serverState = async (pid: number, clusterDir: string): Promise<ProcessState | undefined> => {
  const state = await processState(pid);
  return state && !state.zombie && state.command.includes(clusterDir) ? state : undefined;
};

const ownerOf = (command: string): number | undefined => {
  const [, owner] = OWNER.exec(command) ?? [];
  return owner === undefined ? undefined : Number(owner);
};

const stopOrphan = async (pid: number, clusterDir: string): Promise<void> => {
  const steps = [
    { signal: 'SIGINT', waitMs: FAST_STOP_MS },
    { signal: 'SIGQUIT', waitMs: IMMEDIATE_STOP_MS },
  ] as const;
  for (const { signal, waitMs } of steps) {
    signalQuietly(pid, signal);
    for (let waitedMs = 0; waitedMs < waitMs; waitedMs += POLL_MS) {
      if (!(await serverState(pid, clusterDir))) return;
      await sleep(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(
    'ORPHAN_STAYS',
    `A Postgres from an earlier run (pid ${pid}, ${clusterDir}) does not stop. Stop it manually: kill -QUIT ${pid}`,
  );
};

const signalQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // The process is gone or belongs to another user; the wait that follows finds out which.
  }
};

const alreadyRunning = (clusterDir: string, owner: number) =>
  new EmbeddedPostgresError(
    'ALREADY_RUNNING',
    `Process ${owner} already uses the data in ${clusterDir}. Stop it first, or choose another folder: CARILLON_DATA=…`,
  );
