import { RESOURCE_NOUNS } from '../bootstrap/app-resources.ts';
import type { SkipReason } from '../bootstrap/plan.ts';
import type { BootstrapReport, ReportedJob } from '../bootstrap/report.ts';
import { plain } from '../runtime/text.ts';
import { type Colour, painted, type TableShape } from './table.ts';

const MARKS: Readonly<Record<ReportedJob['action'], readonly [mark: string, colour: Colour]>> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
  keep: ['=', 'dim'],
  skip: ['!', 'yellow'],
  ignore: [' ', 'dim'],
};

const CHANGES: ReadonlySet<string> = new Set<ReportedJob['action']>(['create', 'update', 'delete']);

/** Returns whether something was or would be changed. */
const isChange = ({ applications }: BootstrapReport): boolean =>
  applications.some((application) =>
    [application, ...(application.resources ?? []), ...application.jobs].some(({ action }) => CHANGES.has(action)),
  );

/**
 * Returns whether a resource differs from its file, or is missing, and the sync skips it. A job whose one instant has passed
 * is never created, so it doesn't count.
 */
const isSkippedDifference = ({ action, by, reason, changes = [] }: Reported): boolean =>
  action === 'skip' && (changes.length > 0 || (by === undefined && reason !== PASSED));

const PASSED = 'its instant has passed' satisfies SkipReason;
type Reported = Pick<ReportedJob, 'action' | 'by' | 'reason' | 'changes'>;

/** The skipped differences, as text with their addresses. */
const skippedIn = ({ applications }: BootstrapReport) =>
  applications.flatMap((application) =>
    [
      { ...application, what: 'application', of: '' },
      ...(application.resources ?? []).map((each) => ({
        ...each,
        what: RESOURCE_NOUNS[each.kind],
        of: ` of ${application.name}`,
      })),
      ...application.jobs.map((job) => ({ ...job, what: 'job', name: `${application.name}/${job.name}`, of: '' })),
    ].filter(isSkippedDifference),
  );

/** Returns whether the server differs from the files: something would be changed, or is different and skipped. */
export const differsFromFiles = (report: BootstrapReport): boolean => isChange(report) || skippedIn(report).length > 0;

/**
 * Formats a report as lines: for each application, each job that is not kept, and each differing field; at the end, the
 * skipped differences.
 */
export const renderBootstrap = (report: BootstrapReport, { isColoured }: Pick<TableShape, 'isColoured'>): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lineOf = (indent: string, what: string, { name, of = '', action, reason, by }: Line): string => {
    const isOthers = by !== undefined && (action === 'skip' || action === 'ignore');
    const why = [...(reason === undefined ? [] : [reason]), ...(isOthers ? [`by ${by}`] : [])].join(' ');
    const [mark, colour] = MARKS[action];
    return indent + inColour(`${mark} ${action} ${what} ${name}${of}${why === '' ? '' : ` (${why})`}`, colour);
  };
  const changesOf = (indent: string, { changes = [] }: Pick<ReportedJob, 'changes'>): string[] =>
    changes.map(
      ({ pointer, before, after }) =>
        `${indent}${plain(pointer)}: ${inColour(textOf(before), 'red')} -> ${inColour(textOf(after), 'green')}`,
    );
  const jobLines = (job: ReportedJob): string[] => [
    lineOf('  ', 'job', job),
    ...changesOf('    ', job),
    ...(job.warnings ?? []).map((warning) => `    ${inColour(`warning: ${warning}`, 'yellow')}`),
  ];
  const { applied, applications } = report;
  const lines = applications.flatMap((application) => [
    ...(isSkippedDifference(application)
      ? [`  application ${plain(application.name)}`]
      : [lineOf('', 'application', application), ...changesOf('  ', application)]),
    ...(application.resources ?? [])
      .filter(isShown)
      .flatMap((each) => [lineOf('  ', RESOURCE_NOUNS[each.kind], each), ...changesOf('    ', each)]),
    ...application.jobs.filter(isShown).flatMap(jobLines),
  ]);
  const skipped = skippedIn(report);
  if (skipped.length > 0) {
    lines.push('', 'Skipped, but different from the files:');
    for (const each of skipped) lines.push(lineOf('', each.what, each), ...changesOf('    ', each));
    if (skipped.some(({ by }) => by !== undefined)) lines.push(ADOPT_HINT);
  }
  const jobs = countsOf(applications.flatMap((application) => application.jobs));
  const others = countsOf(applications.flatMap(({ resources = [] }) => resources));
  const deleted = (jobs.get('delete') ?? 0) + (others.get('delete') ?? 0);
  const allowed = deleted === 0 ? '' : `; to apply it, use --allow-delete ${deleted}`;
  const end = applied ? '' : ` (plan only, nothing was changed${allowed})`;
  const beside = others.size === 0 ? '' : `; other resources: ${sumOf(others)}`;
  return [...lines, '', `jobs: ${sumOf(jobs) || 'none'}${beside}${end}`, ''].join('\n');
};

type Line = Pick<ReportedJob, 'name' | 'action' | 'reason' | 'by'> & { readonly of?: string };

const ADOPT_HINT = 'To overwrite changes of others with the files: `carillon adopt ADDRESS`, or `adopt --all`';

const isShown = (reported: Reported & Pick<ReportedJob, 'warnings'>): boolean =>
  !isSkippedDifference(reported) && (reported.action !== 'keep' || (reported.warnings ?? []).length > 0);

const textOf = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

type Counts = ReadonlyMap<string, number>;

/** Number of items per action, in the order of the marks. */
const countsOf = (items: readonly Pick<ReportedJob, 'action'>[]): Counts => {
  const ofAction = Map.groupBy<string, (typeof items)[number]>(items, ({ action }) => action);
  return new Map(
    Object.keys(MARKS).flatMap((action) => {
      const count = ofAction.get(action)?.length;
      return count === undefined ? [] : [[action, count] as const];
    }),
  );
};

const sumOf = (counts: Counts): string => [...counts].map(([action, count]) => `${action} ${count}`).join(', ');
