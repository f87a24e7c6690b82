import { RESOURCE_NOUNS, type Waits } from '../bootstrap/app-resources.ts';
import { type ApplicationSource, DEFAULT_TENANT, listOfJobs } from '../bootstrap/definitions.ts';
import type { SkipReason } from '../bootstrap/plan.ts';
import type { ResourceSkipReason } from '../bootstrap/plan-app-resources.ts';
import { type FolderFiles, readFolder, showable, sourcesOf } from '../bootstrap/read-folder.ts';
import type { BootstrapReport, ReportedAppResource, ReportedJob } from '../bootstrap/report.ts';
import { loadFileVariables } from '../config.ts';
import { defined, isRecord } from '../domain/defined.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';
import { CheckFailed, EXIT } from './fail.ts';
import type { Query } from './server.ts';
import { type Colour, painted, relative, type TableShape } from './table.ts';

const MARKS: Readonly<Record<ReportedJob['action'], readonly [mark: string, colour: Colour]>> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
  keep: ['=', 'dim'],
  skip: ['!', 'yellow'],
  ignore: [' ', 'dim'],
};

const CHANGES: ReadonlySet<string> = new Set<ReportedJob['action']>(['create', 'update', 'delete']);

/** An application, job or other resource of a report. A job's name is its address. */
type ReportedItem = ReportedJob & { readonly what: string; readonly of: string };

const itemsOf = ({ applications }: BootstrapReport): ReportedItem[] =>
  applications.flatMap(({ jobs, resources = [], ...application }) => [
    { ...application, what: 'application', of: '' },
    ...resources.map((each) => ({ ...each, what: RESOURCE_NOUNS[each.kind], of: ` of ${application.name}` })),
    ...jobs.map((job) => ({ ...job, what: 'job', name: `${application.name}/${job.name}`, of: '' })),
  ]);

/**
 * Returns whether a resource differs from its file, or is missing, and the sync skips it. A job whose one instant has passed
 * is never created, so it doesn't count.
 */
const isSkippedDifference = ({ action, reason = '', changes = [] }: ReportedJob): boolean =>
  action === 'skip' && (changes.length > 0 || reason.startsWith(WAITS));

const WAITS = 'waits for ' satisfies Waits;

/** Why the sync leaves a resource to the one who changed it. */
const CHANGED_BY_OTHERS: ReadonlySet<string> = new Set<SkipReason | ResourceSkipReason>([
  'manually modified',
  'created by another source',
  'set by someone else',
]);

const isChangedByOthers = ({ reason = '' }: ReportedJob): boolean => CHANGED_BY_OTHERS.has(reason);

/** Returns whether the server differs from the files: something would be changed, or is different and skipped. */
export const differsFromFiles = (report: BootstrapReport): boolean =>
  itemsOf(report).some((item) => CHANGES.has(item.action) || isSkippedDifference(item));

/**
 * Formats a report as lines: for each application, each job that is not kept, and each differing field; at the end, the
 * skipped differences.
 */
export const renderBootstrap = (report: BootstrapReport, { isColoured }: TableShape): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lineOf = (indent: string, what: string, item: ReportedJob & { readonly of?: string }): string => {
    const { name, of = '', action, reason, by } = item;
    const isOthers = by !== undefined && (isChangedByOthers(item) || action === 'ignore');
    const why = [...(reason === undefined ? [] : [reason]), ...(isOthers ? [`by ${by}`] : [])].join(' ');
    const [mark, colour] = MARKS[action];
    return indent + inColour(`${mark} ${action} ${what} ${name}${of}${why === '' ? '' : ` (${why})`}`, colour);
  };
  const changesOf = (indent: string, { changes = [] }: ReportedJob): string[] =>
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
  const skipped = itemsOf(report).filter(isSkippedDifference);
  if (skipped.length > 0) {
    lines.push('', 'Skipped, but different from the files:');
    for (const each of skipped) lines.push(lineOf('', each.what, each), ...changesOf('    ', each));
    if (skipped.some(isChangedByOthers)) lines.push(ADOPT_HINT);
  }
  const jobs = countsOf(applications.flatMap((application) => application.jobs));
  const others = countsOf(applications.flatMap(({ resources = [] }) => resources));
  const deleted = (jobs.get('delete') ?? 0) + (others.get('delete') ?? 0);
  const allowed = deleted === 0 ? '' : `; to apply it, use --allow-delete ${deleted}`;
  const end = applied ? '' : ` (plan only, nothing was changed${allowed})`;
  const beside = others.size === 0 ? '' : `; other resources: ${sumOf(others)}`;
  return [...lines, '', `jobs: ${sumOf(jobs) || 'none'}${beside}${end}`, ''].join('\n');
};

const ADOPT_HINT = 'To overwrite changes of others with the files: `carillon adopt ADDRESS`, or `adopt --all`';

const isShown = (reported: ReportedJob): boolean =>
  !isSkippedDifference(reported) && (reported.action !== 'keep' || (reported.warnings ?? []).length > 0);

const textOf = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

type Counts = ReadonlyMap<string, number>;

/** Number of items per action, in the order of the marks. */
const countsOf = (items: readonly ReportedJob[]): Counts => {
  const ofAction = Map.groupBy<string, ReportedJob>(items, ({ action }) => action);
  return new Map(
    Object.keys(MARKS).flatMap((action) => {
      const count = ofAction.get(action)?.length;
      return count === undefined ? [] : [[action, count] as const];
    }),
  );
};

const sumOf = (counts: Counts): string => [...counts].map(([action, count]) => `${action} ${count}`).join(', ');

type Places = ReadonlyMap<string, string>;

const HIDDEN = '(hidden)';

/**
 * Removes values from the environment from a report: shows the placeholders of the files instead. The report's applications
 * are in the order of the folders.
 */
export const hideFilled = (report: BootstrapReport, folders: readonly FolderFiles[]): BootstrapReport => ({
  ...report,
  applications: report.applications.map((application, index) => {
    const files = folders[index];
    if (files === undefined) return application;
    const { jobs, pointer } = listOfJobs(files.jobs?.value) ?? { jobs: [], pointer: '' };
    const places = new Map(jobs.map((job, number) => [Object(job).name, `${pointer}/${number}`]));
    return {
      ...application,
      ...withoutFilled(application, '', files.application.places),
      ...(application.resources && {
        resources: application.resources.map((each) => ({
          ...each,
          ...withoutFilled(each, placeOf(each), files.application.places),
        })),
      }),
      jobs: application.jobs.map((job) => ({
        ...job,
        ...withoutFilled(job, places.get(job.name) ?? '', files.jobs?.places ?? new Map()),
      })),
    };
  }),
});

/** The place of a resource in its file. The fields of variables and pauses have no places of their own. */
const placeOf = ({ kind, name }: ReportedAppResource): string => (kind === 'pause' ? '/pauses' : `/${kind}s/${name}`);

const withoutFilled = (
  { changes }: ReportedJob,
  prefix: string,
  places: Places,
): { readonly changes?: ReportedJob['changes'] } =>
  changes === undefined || places.size === 0
    ? {}
    : {
        changes: changes.map((change) => {
          const texts = placesWithin(`${prefix}${change.pointer}`, places);
          if (texts.length === 0) return change;
          const { pointer, before, after } = change;
          return {
            pointer,
            ...(before === undefined ? {} : { before: HIDDEN }),
            ...(after === undefined ? {} : { after: texts.join(', ') }),
          };
        }),
      };

/** Texts with placeholders that equal a field, are part of it, or contain it. */
export const placesWithin = (field: string, places: Places): string[] =>
  [...places].flatMap(([pointer, text]) =>
    `${pointer}/`.startsWith(`${field}/`) || `${field}/`.startsWith(`${pointer}/`) ? [text] : [],
  );

/** `carillon plan`: shows what applying a folder would change. */
export const plan = async (call: CommandCall): Promise<void> => {
  const report = await sendFolder({ dryRun: true }, call);
  printReport(report, call);
  if (call.options.exitCode && differsFromFiles(report)) call.terminal.exitCode = EXIT.changes;
};

/**
 * `carillon apply`: brings applications and jobs to the state of a folder. Exit code 1 if a part of the files is not active
 * afterwards, unless another user changed it.
 */
export const apply = async (call: CommandCall): Promise<void> => {
  const report = await sendFolder({ allowDelete: call.options.allowDelete ?? 0 }, call);
  printReport(report, call);
  const inactive = itemsOf(report).filter((item) => isSkippedDifference(item) && !isChangedByOthers(item));
  if (inactive.length === 0) return;
  const named = inactive.map(({ what, name, of, reason }) => `  ${what} ${name}${of}: ${reason}`);
  throw new CheckFailed(['A part of the files is not active on the server:', ...named].join('\n'));
};

const sendFolder = async (query: Query, call: CommandCall): Promise<BootstrapReport> =>
  sendFiles(await readFiles(call), query, call);

export const readFiles = ({ options: { dir = 'bootstrap' }, terminal }: CommandCall): Promise<FolderFiles[]> =>
  readFolder(dir, loadFileVariables(terminal.env));

/** Sends files, and hides values from the environment in the response. */
export const sendFiles = async (
  folders: readonly FolderFiles[],
  query: Query,
  { options: { tenant }, send }: CommandCall,
): Promise<BootstrapReport> => {
  const applications = sourcesOf(folders).map((source) => withTenant(source, tenant));
  const { data } = await send('applyBootstrap', { query, body: { applications } }).catch((error: Error) => {
    throw new Error(showable(folders)(error.message));
  });
  return hideFilled(data, folders);
};

/** An application without a tenant in its file belongs to `--tenant` or `default`, independent of the token. */
const withTenant = ({ application, ...source }: ApplicationSource, tenant = DEFAULT_TENANT): ApplicationSource => ({
  ...source,
  application: isRecord(application) ? { tenant, ...application } : application,
});

export const printReport = (report: BootstrapReport, { options, say, terminal, shape }: CommandCall): void => {
  if (options.json) say('', report);
  else terminal.stdout.write(renderBootstrap(report, shape));
};

/** A difference between files and server. */
type Drift = {
  readonly thing: string;
  readonly what: 'differs' | 'is missing on the server' | 'is missing in the file';
  readonly by?: string;
  readonly at?: string;
  readonly changes: NonNullable<ReportedJob['changes']>;
};

/** `carillon drift`: shows what differs on the server from the files, who changed it, and when. */
export const drift = async (call: CommandCall): Promise<void> => {
  const { options, terminal, say } = call;
  const drifts = itemsOf(await sendFolder({ dryRun: true }, call)).flatMap(driftOf);
  if (options.json) say('', drifts);
  else terminal.stdout.write(renderDrifts(drifts, call));
  if (options.exitCode && drifts.length > 0) terminal.exitCode = EXIT.changes;
};

/** Converts an item of a plan to its difference. The jobs of a missing application state that they are missing. */
const driftOf = (item: ReportedItem): Drift[] => {
  const { name, of, by, at, changes = [] } = item;
  const what = whatOf(item);
  if (what === undefined || (item.what === 'application' && item.action === 'create')) return [];
  return [{ thing: item.what === 'job' ? name : `${item.what} ${name}${of}`, what, ...defined({ by, at }), changes }];
};

const whatOf = (item: ReportedJob): Drift['what'] | undefined => {
  const { action, by, changes = [] } = item;
  switch (action) {
    case 'create':
      return 'is missing on the server';
    case 'delete':
    case 'ignore':
      return 'is missing in the file';
    case 'update':
      return changes.length === 0 ? undefined : 'differs';
    case 'skip':
      if (by === undefined) return 'is missing on the server';
      return isSkippedDifference(item) ? 'differs' : undefined;
    case 'keep':
      return undefined;
  }
};

const renderDrifts = (drifts: readonly Drift[], { shape: { isColoured }, nowMs }: CommandCall): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lines = drifts.flatMap(({ thing, what, by, at, changes }) => {
    const last = by === undefined || at === undefined ? '' : `, last changed by ${by} ${relative(at, nowMs)}, ${at}`;
    return [
      inColour(`${thing} ${what}${last}`, 'yellow'),
      ...changes.map(({ pointer, before, after }) => {
        const [file, server] = [inColour(textOf(after), 'green'), inColour(textOf(before), 'red')];
        return `  ${plain(pointer)}: ${file} in the file, ${server} on the server`;
      }),
    ];
  });
  return `${[...lines, drifts.length === 0 ? 'No differences' : ''].join('\n').trimEnd()}\n`;
};
