import type { BuildPlan, ShownComparison } from './builds.ts';

/** The differences of a read model from its log, a line each. */
export const renderComparison = (name: string, { differences, first }: ShownComparison): string => {
  const lines = first.map((difference) => `  ${rowOf(difference)}: ${faultOf(difference)}`);
  const more = differences - first.length;
  return [
    `${name}: ${differences} ${differences === 1 ? 'row differs' : 'rows differ'} from the log`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
};

type Difference = ShownComparison['first'][number];

const rowOf = ({ table, key }: Difference): string => {
  const parts = Object.entries(key).map(([column, value]) => `${column}=${textOf(value)}`);
  return [table, ...parts].join(' ');
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const faultOf = ({ kind, columns = [] }: Difference): string => {
  switch (kind) {
    case 'missing':
      return 'missing';
    case 'extra':
      return 'not in the log';
    case 'different':
      return columns.map(({ column, live, log }) => `${column} was ${live}, the log says ${log}`).join('; ');
  }
};

const MIB = 1_048_576;

/** What a rebuild would do. */
export const renderPlan = (plan: BuildPlan): string => {
  const lines = plan.map(({ name, events, sizeBytes, estimatedSeconds }) => {
    const size = `${Math.ceil(sizeBytes / MIB)} MiB`;
    return `${name.padEnd(14)}${String(events).padStart(12)} events${size.padStart(14)}, about ${estimatedSeconds} s`;
  });
  return `${lines.join('\n')}\nnothing was changed; read models are built together, each with as much space beside the live one\n`;
};
