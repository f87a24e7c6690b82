import { type ApplicationSource, DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { readFolder } from '../bootstrap/read-folder.ts';
import { BootstrapReport, type ReportedApplication, type ReportedJob } from '../bootstrap/report.ts';
import { orFail } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';

type BootstrapOptions = ServerOptions & { readonly dir: string };

/** `carillon bootstrap`: sends the files of a folder to the running server, and prints what it did or would do. */
export const bootstrap = (verb: 'plan' | 'apply', { dir, ...options }: BootstrapOptions): Promise<void> =>
  orFail(async () => {
    const applications = (await readFolder(dir)).map(withDefaultTenant);
    const server = await connect(options);
    const { data } = await server.post('/bootstrap', { applications }, { params: { plan: verb === 'plan' } });
    process.stdout.write(renderReport(BootstrapReport.parse(data)));
  });

/** Without a tenant in its file, an application belongs to the tenant `default`, whichever tenant the token names. */
const withDefaultTenant = ({ application, ...source }: ApplicationSource): ApplicationSource => ({
  ...source,
  application:
    typeof application === 'object' && application !== null && !Array.isArray(application)
      ? { tenant: DEFAULT_TENANT, ...application }
      : application,
});

const MARKS: ReadonlyMap<string, string> = new Map([
  ['create', '+'],
  ['update', '~'],
  ['delete', '-'],
  ['keep', '='],
  ['skip', '!'],
  ['leave', ' '],
]);

/** Renders a report for the terminal: a line for each application, job and changed field. */
export const renderReport = ({ applied, applications }: BootstrapReport): string => {
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

const lineOf = (
  indent: string,
  { name, action, reason, by }: Pick<ReportedJob, 'name' | 'action' | 'reason' | 'by'>,
  what: string,
): string => {
  const why = [...(reason === undefined ? [] : [reason]), ...(by === undefined ? [] : [`by ${by}`])].join(' ');
  return `${indent}${MARKS.get(action) ?? '?'} ${action} ${what} ${name}${why === '' ? '' : ` (${why})`}`;
};

const changesOf = (indent: string, { changes = [] }: Pick<ReportedJob, 'changes'>): string[] =>
  changes.map(({ pointer, before, after }) => `${indent}${pointer}: ${shown(before)} -> ${shown(after)}`);

const warningsOf = ({ warnings = [] }: ReportedJob): string[] => warnings.map((warning) => `    warning: ${warning}`);

const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

const summaryOf = (applications: readonly ReportedApplication[]): string => {
  const counts = new Map<string, number>();
  for (const { action } of applications.flatMap(({ jobs }) => jobs)) counts.set(action, (counts.get(action) ?? 0) + 1);
  const parts = [...MARKS.keys()].flatMap((action) => {
    const count = counts.get(action);
    return count === undefined ? [] : [`${action} ${count}`];
  });
  return `jobs: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
};
