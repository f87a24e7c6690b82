/** A figure that a bench must reach: at most or at least. */
type Target = { readonly atMost: number } | { readonly atLeast: number };

/** Whether a short run was asked for (`--quick`), which shows that the bench works; its figures mean little. */
export const isQuick = (): boolean => process.argv.includes('--quick');

type BenchResult = {
  readonly bench: string;
  /** By name, units last in the name. */
  readonly figures: Readonly<Record<string, number>>;
  /** By the name of the figure. */
  readonly targets: Readonly<Record<string, Target>>;
};

const held = (figure: number | undefined, target: Target): boolean => {
  if (figure === undefined) return false;
  return 'atMost' in target ? figure <= target.atMost : figure >= target.atLeast;
};

/** Whether every figure with a target meets it; a target without its figure is missed. */
export const meetsAll = (figures: BenchResult['figures'], targets: BenchResult['targets']): boolean =>
  Object.entries(targets).every(([name, target]) => held(figures[name], target));

const said = (target: Target | undefined): string => {
  if (target === undefined) return '';
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
};

const rounded = (figure: number): number => Number(figure.toPrecision(4));

/**
 * Prints a table for people, then one line of JSON for programs: `{bench, figures, targets, holds}`. A missed target
 * is told there and is no error: the process ends with 0, since the bench ran.
 */
export const report = ({ bench, figures, targets }: BenchResult): void => {
  const rows = Object.entries(figures).map(([figure, value]) => {
    const target = targets[figure];
    return {
      figure,
      value: rounded(value),
      target: said(target),
      holds: target === undefined ? '' : held(value, target) ? 'yes' : 'no',
    };
  });
  console.table(rows);
  const holds = meetsAll(figures, targets);
  const plain = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
  console.log(JSON.stringify({ bench, figures: plain, targets, holds }));
};
