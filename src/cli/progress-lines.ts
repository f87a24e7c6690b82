import type { Build } from './builds.ts';

type Shown = readonly { readonly name: string; readonly build: Build }[];

export type ProgressLines = {
  /** Prints a line that stays. */
  print(line: string): void;
  /** Shows how far these are: on a terminal in place of what was shown before, else as a line for each step. */
  show(builds: Shown): void;
};

type Output = { readonly isTTY?: boolean; write(text: string): unknown };

const BAR_WIDTH = 24;
/** Without a terminal, a line is printed for each tenth of the way. */
const STEP = 0.1;

export const createProgressLines = (output: Output): ProgressLines => {
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

const barOf = ({ progress }: Build): string => {
  const full = Math.floor(progress * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}]`;
};

const stateOf = ({ phase, progress, eventsPerSecond, secondsLeft }: Build): string => {
  switch (phase) {
    case 'waiting':
      return 'waits for a process that runs projections';
    case 'reading':
      return [
        `${Math.floor(100 * progress)} % read`,
        ...(eventsPerSecond === undefined ? [] : [`${eventsPerSecond} events/s`]),
        ...(secondsLeft === undefined ? [] : [`${secondsLeft} s left`]),
      ].join(', ');
    case 'indexing':
      return 'makes indexes';
    case 'comparing':
      return 'compares rows';
    case 'done':
      return 'done';
  }
};
