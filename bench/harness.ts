/** A figure that a bench must reach: at most or at least. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

export type BenchResult = {
  /** By name, units last in the name: `appendsPerSecond`, `p99LatenessMs`. */
  readonly figures: Readonly<Record<string, number>>;
  /** By the name of the figure. */
  readonly targets: Readonly<Record<string, Target>>;
};

/** `quick` gives rough figures in a short time; figures of the `smallest` size are meaningless. */
export const BENCH_SIZES = ['full', 'quick', 'smallest'] as const;
export type BenchSize = (typeof BENCH_SIZES)[number];

export type BenchOptions = {
  readonly size: BenchSize;
  /** Shown while it runs, on standard error. */
  readonly say: (line: string) => void;
};

/** A file bench/<name>.ts exports one of these as `bench`. */
export type Bench = (options: BenchOptions) => Promise<BenchResult>;

/** Whether every figure with a target meets it; a target without its figure is missed. */
export const meetsAll = ({ figures, targets }: BenchResult): boolean =>
  Object.entries(targets).every(([name, target]) => meets(figures[name], target));

/** Prints a table for people, then one line of JSON for programs: `{bench, figures, targets, holds}`. */
export const report = (bench: string, result: BenchResult): void => {
  const { figures, targets } = result;
  const rows = Object.entries(figures).map(([figure, value]) => {
    const target = targets[figure];
    return {
      figure,
      value: rounded(value),
      target: said(target),
      holds: target === undefined ? '' : meets(value, target) ? 'yes' : 'no',
    };
  });
  console.table(rows);
  const plain = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
  console.log(JSON.stringify({ bench, figures: plain, targets, holds: meetsAll(result) }));
};

/** The value below which that share (0 to 1) of the samples lies; NaN without samples. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** How long it took, in milliseconds, and what came of it. */
export const timed = async <T>(run: () => Promise<T>): Promise<{ readonly tookMs: number; readonly value: T }> => {
  const startedMs = performance.now();
  const value = await run();
  return { tookMs: performance.now() - startedMs, value };
};

const meets = (figure: number | undefined, target: Target): boolean => {
  if (figure === undefined) return false;
  return 'atMost' in target ? figure <= target.atMost : figure >= target.atLeast;
};

const said = (target: Target | undefined): string => {
  if (target === undefined) return '';
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
};

const rounded = (figure: number): number => Number(figure.toPrecision(4));
