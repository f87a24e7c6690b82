import { z } from 'zod';

const Difference = z.object({ pointer: z.string(), before: z.unknown().optional(), after: z.unknown().optional() });
const reported = {
  name: z.string(),
  action: z.string(),
  reason: z.string().optional(),
  by: z.string().optional(),
  changes: z.array(Difference).optional(),
};
/** What `POST /bootstrap` answers. */
export const Report = z.object({
  applied: z.boolean(),
  applications: z.array(
    z.object({
      ...reported,
      tenant: z.string(),
      jobs: z.array(z.object({ ...reported, warnings: z.array(z.string()).optional() })),
    }),
  ),
});
type Report = z.infer<typeof Report>;

type Application = Report['applications'][number];
type Job = Application['jobs'][number];

const MARKS: ReadonlyMap<string, string> = new Map([
  ['create', '+'],
  ['update', '~'],
  ['delete', '-'],
  ['keep', '='],
  ['skip', '!'],
  ['leave', ' '],
]);

/** Renders a report for the terminal: a line for each application, job and changed field. */
export const renderReport = ({ applied, applications }: Report): string => {
  const lines = applications.flatMap((application) => [
    lineOf('', application, 'application'),
    ...changesOf('  ', application),
    ...application.jobs.flatMap((job) => [lineOf('  ', job, 'job'), ...changesOf('    ', job), ...warningsOf(job)]),
  ]);
  return [
    ...lines,
    '',
    `${summaryOf(applications)}${applied ? '' : ' (nothing was changed: this is a plan)'}`,
    '',
  ].join('\n');
};

const lineOf = (indent: string, { name, action, reason, by }: Omit<Job, 'warnings'>, what: string): string => {
  const why = [...(reason === undefined ? [] : [reason]), ...(by === undefined ? [] : [`by ${by}`])].join(' ');
  return `${indent}${MARKS.get(action) ?? '?'} ${action} ${what} ${name}${why === '' ? '' : ` (${why})`}`;
};

const changesOf = (indent: string, { changes = [] }: Pick<Job, 'changes'>): string[] =>
  changes.map(({ pointer, before, after }) => `${indent}${pointer}: ${shown(before)} -> ${shown(after)}`);

const warningsOf = ({ warnings = [] }: Job): string[] => warnings.map((warning) => `    warning: ${warning}`);

const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

const summaryOf = (applications: readonly Application[]): string => {
  const counts = new Map<string, number>();
  for (const { action } of applications.flatMap(({ jobs }) => jobs)) counts.set(action, (counts.get(action) ?? 0) + 1);
  const parts = [...MARKS.keys()].flatMap((action) => {
    const count = counts.get(action);
    return count === undefined ? [] : [`${action} ${count}`];
  });
  return `jobs: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
};
