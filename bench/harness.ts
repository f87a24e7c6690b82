/** A figure that a bench must reach: at most or at least. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

export type BenchResult = {
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

const said = (target: Target | undefined): string => {
  if (target === undefined) return '';
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
};

const rounded = (figure: number): number => Number(figure.toPrecision(4));

/**
 * Prints a table for people, then one line of JSON for programs: `{bench, figures, targets, holds}`.
 * A target that is missed makes the process end with 1.
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
  const holds = Object.entries(targets).every(([name, target]) => held(figures[name], target));
  const plain = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
  console.log(JSON.stringify({ bench, figures: plain, targets, holds }));
  if (!holds) process.exitCode = 1;
};
