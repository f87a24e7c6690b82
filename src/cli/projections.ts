import { setTimeout as sleep } from 'node:timers/promises';
import type { Projection } from '../../packages/client/src/schema.ts';
import type { CommandCall } from './command.ts';
import { EXIT, type Terminal } from './fail.ts';
import type { ResponseOf } from './operations.ts';

type BuildView = NonNullable<Projection['build']>;
type Comparison = NonNullable<BuildView['comparison']>;
type NamedBuild = { readonly name: string; readonly build: BuildView };

export type ProgressLines = {
  /** Prints a permanent line. */
  print(line: string): void;
  /** Shows progress: on a terminal in place of the previous one, otherwise as a line per step. */
  show(builds: readonly NamedBuild[]): void;
};

const BAR_WIDTH = 24;
/** Without a terminal, a line is printed for each tenth. */
const STEP = 0.1;

export const createProgressLines = (output: Terminal['stdout']): ProgressLines => {
  let height = 0;
  const printed = new Map<string, string>();
  const clear = (): void => {
    if (height > 0) output.write(`\u001b[${height}A\u001b[0J`);
    height = 0;
  };
  return {
    print: (line) => {
      if (output.isTTY) clear();
      output.write(`${line}\n`);
    },
    show: (builds) => {
      if (output.isTTY) {
        clear();
        for (const { name, build } of builds) output.write(`${name.padEnd(14)}${barOf(build)} ${stateOf(build)}\n`);
        height = builds.length;
        return;
      }
      for (const { name, build } of builds) {
        const step = `${build.phase} ${Math.floor(build.progress / STEP)}`;
        if (printed.get(name) === step) continue;
        printed.set(name, step);
        output.write(`${name}: ${stateOf(build)}\n`);
      }
    },
  };
};

const barOf = ({ progress }: BuildView): string => {
  const full = Math.floor(progress * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}]`;
};

const stateOf = ({ phase, progress, eventsPerSecond, remainingMs }: BuildView): string => {
  switch (phase) {
    case 'waiting':
      return 'queued for a process with the role projections';
    case 'reading':
      return [
        `${Math.floor(100 * progress)} % read`,
        ...(eventsPerSecond === undefined ? [] : [`${eventsPerSecond} events/s`]),
        ...(remainingMs === undefined ? [] : [`${remainingMs / 1_000} s left`]),
      ].join(', ');
    case 'indexing':
      return 'creating indexes';
    case 'comparing':
      return 'comparing rows';
    case 'done':
      return 'done';
  }
};

/** The differences between a read model and its log, one per line. */
export const renderComparison = (name: string, { differences, first }: Comparison): string => {
  const lines = first.map((difference) => `  ${rowOf(difference)}: ${faultOf(difference)}`);
  const more = differences - first.length;
  return [
    `${name}: ${differences} ${differences === 1 ? 'row differs' : 'rows differ'} from the log`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
};

const rowOf = ({ table, key }: Comparison['first'][number]): string => {
  const parts = Object.entries(key).map(([column, value]) => `${column}=${textOf(value)}`);
  return [table, ...parts].join(' ');
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const faultOf = ({ kind, columns = [] }: Comparison['first'][number]): string => {
  switch (kind) {
    case 'missing':
      return 'missing';
    case 'extra':
      return 'not in the log';
    case 'different':
      return columns.map(({ column, live, log }) => `${column} is ${live}, but ${log} in the log`).join('; ');
  }
};

const MIB = 1_048_576;

export const renderPlan = (plan: RebuildPlan): string => {
  const lines = plan.map(({ name, events, sizeBytes, estimatedMs }) => {
    const size = `${Math.ceil(sizeBytes / MIB)} MiB`;
    return `${name.padEnd(14)}${String(events).padStart(12)} events${size.padStart(14)}, about ${estimatedMs / 1_000} s`;
  });
  return `${lines.join('\n')}\nNothing was changed. Read models are rebuilt simultaneously, and each needs its size again in free disk space\n`;
};

const POLL_INTERVAL_MS = 500;

/**
 * `carillon projections rebuild`: rebuilds read models of the running server and shows progress until the new generations
 * are live; with `--verify`, also the differences between new and old rows.
 */
export const rebuildProjections = async (call: CommandCall): Promise<void> => {
  const { verify = false, planOnly: dryRun = false } = call.options;
  const { data } = await call.send('rebuildProjection', { body: { verify, dryRun } });
  if (isPlan(data)) call.terminal.stdout.write(renderPlan(data));
  else await follow(data, 'is live', call);
};

/** `carillon projections verify`: compares read models of the running server with its log, and prints differences. */
export const verifyProjections = async (call: CommandCall): Promise<void> => {
  const { data } = await call.send('verifyProjection', { params: [call.subject || 'all'] });
  await follow(data, 'matches the log', call);
};

type Started = ResponseOf<'verifyProjection'>;
type RebuildPlan = Exclude<ResponseOf<'rebuildProjection'>, Started>;

const isPlan = (data: ResponseOf<'rebuildProjection'>): data is RebuildPlan => data.some((each) => 'events' in each);

/** Shows rebuilds until each has ended, and sets the exit code. */
const follow = async (started: Started, done: string, { send, terminal }: CommandCall): Promise<void> => {
  const lines = createProgressLines(terminal.stdout);
  const open = new Map(started.map(({ name, generation }) => [name, generation]));
  while (open.size > 0) {
    const { data } = await send('listProjections');
    const shown: NamedBuild[] = [];
    for (const { name, build, building } of data) {
      const generation = open.get(name);
      if (generation === undefined || build === undefined) continue;
      if (building?.stopped !== undefined) {
        lines.print(`${name}: generation ${generation} stopped: ${building.stopped.reason}`);
        terminal.exitCode = EXIT.no;
      } else if (build.generation > generation || build.phase === 'done') {
        const { differences = 0 } = build.comparison ?? {};
        if (differences > 0) terminal.exitCode = EXIT.no;
        lines.print(
          build.comparison && differences > 0
            ? renderComparison(name, build.comparison)
            : `${name}: generation ${generation} ${done}`,
        );
      } else {
        shown.push({ name, build });
        continue;
      }
      open.delete(name);
    }
    lines.show(shown);
    if (open.size > 0) await sleep(POLL_INTERVAL_MS);
  }
};
