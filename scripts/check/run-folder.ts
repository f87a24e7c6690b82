import { chmod, mkdtemp, readdir, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, killQuietly } from '../../src/testing/databases.ts';

/** The temporary folder of a run, and what must not remain after it. */
export type RunFolder = {
  readonly path: string;
  /** The process group of the tests. */
  group?: number | undefined;
  /** Remaining processes and files of the tests, as text. */
  leftovers(): Promise<string[]>;
  /** Ends these processes and removes the folder. */
  clear(): Promise<void>;
};

const PREFIX = 'carillon-tests-';
const MIN_FREE_MB = 2_048;
/** How long ending processes and servers may take. */
export const GRACE_MS = Number(process.env.CARILLON_TEST_GRACE_MS ?? 5_000);

/** @throws Error if there is too little disk space for the tests */
export const runFolder = async (): Promise<RunFolder> => {
  await clearDead();
  const folder = await makeFolder();
  const left: RunFolder = {
    path: folder,
    leftovers: async () => {
      // Each process of tests has a folder here, which is empty in the end. What is in a folder that was left goes with it.
      const names = (await readdir(folder, { recursive: true })).filter((name) =>
        /^(?!worker-\d+$)[^/]+$|^worker-\d+\/[^/]+$/.test(name),
      );
      const processes = (await whenGone(left)).map(({ pid, command }) => `process ${pid}: ${command}`);
      return [...names.map((name) => path.join(folder, name)), ...processes];
    },
    clear: async () => {
      for (const { pid } of await processesOf(left)) killQuietly(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return left;
};

const makeFolder = async (): Promise<string> => {
  const { bavail, bsize } = await statfs(tmpdir());
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb < MIN_FREE_MB)
    throw new Error(
      `${tmpdir()} has ${freeMb} MB left, the tests may need ${MIN_FREE_MB}: name another folder in TMPDIR`,
    );
  const folder = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  // A Postgres that root starts runs as another user.
  await chmod(folder, 0o755);
  return folder;
};

/** Removes the remains of killed runs. */
const clearDead = async (): Promise<void> => {
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith(PREFIX))) {
    const owner = Number.parseInt(name.slice(PREFIX.length), 10);
    if (isAlive(owner)) continue;
    const folder = path.join(tmpdir(), name);
    for (const { pid } of (await processes()).filter(({ command }) => command.includes(folder)))
      killQuietly(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    console.log(`removed what a run that was killed had left in ${folder}`);
  }
};

type Process = { readonly pid: number; readonly group: number; readonly command: string };

/** All processes of the machine but zombies, as Linux lists them; elsewhere none. */
const processes = async (): Promise<Process[]> => {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0);
  return (await Promise.all(pids.map(processOf))).filter((each) => each !== undefined);
};

const processOf = async (pid: number): Promise<Process | undefined> => {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The second field is the name in brackets, and the name may contain blanks and brackets.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : { pid, group: Number(group), command: command.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
};

/** Those of the group, and servers that left it and work in the folder. */
const processesOf = async ({ path: folder, group }: RunFolder): Promise<Process[]> =>
  (await processes()).filter((each) => each.group === group || each.command.includes(folder));

const whenGone = async (left: RunFolder): Promise<Process[]> => {
  const giveUpMs = performance.now() + GRACE_MS;
  for (;;) {
    const found = await processesOf(left);
    if (found.length === 0 || performance.now() > giveUpMs) return found;
    await delay(50);
  }
};
