import { readFile } from 'node:fs/promises';
import { runProgram } from './run.ts';

export type ProcessState = {
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
