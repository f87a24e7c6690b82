import { RESOURCE_NOUNS } from '../bootstrap/app-resources.ts';
import { type ApplicationSource, DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { type FolderFiles, readFolder, showable, sourcesOf } from '../bootstrap/read-folder.ts';
import type { BootstrapReport, ReportedJob } from '../bootstrap/report.ts';
import { loadFileVariables } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { plain } from '../runtime/text.ts';
import type { CommandInput, CommandTools } from './command.ts';
import { EXIT } from './fail.ts';
import { hideFilled } from './hide-filled.ts';
import { differsFromFiles, renderBootstrap } from './render-bootstrap.ts';
import type { Query } from './server.ts';
import { type Colour, painted, relative, type TableShape } from './table.ts';

/** `carillon plan`: shows what applying a folder would change. */
export const plan = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const report = await send({ dryRun: true }, options, tools);
  show(report, options, tools);
  if (options.exitCode && differsFromFiles(report)) tools.terminal.exitCode = EXIT.changes;
};

/** `carillon apply`: brings applications and jobs to the state of a folder. */
export const apply = async ({ options }: CommandInput, tools: CommandTools): Promise<void> =>
  show(await send({ allowDelete: options.allowDelete ?? 0 }, options, tools), options, tools);

/** Sends the files of a folder, and hides values from the environment in the response. */
export const send = async (
  query: Query,
  options: CommandInput['options'],
  tools: CommandTools,
): Promise<BootstrapReport> => {
  const folders = await readFiles(options, tools);
  return hideFilled(await sendFiles(folders, { query, options }, tools), folders);
};

export const readFiles = (
  { dir = 'bootstrap' }: CommandInput['options'],
  { terminal }: CommandTools,
): Promise<FolderFiles[]> => readFolder(dir, loadFileVariables(terminal.env));

type SendInput = Pick<CommandInput, 'options'> & { readonly query: Query };

export const sendFiles = async (
  folders: readonly FolderFiles[],
  { query, options: { tenant } }: SendInput,
  { ask }: CommandTools,
): Promise<BootstrapReport> => {
  const applications = sourcesOf(folders).map((source) => withTenant(source, tenant));
  const request = { method: 'post', path: '/bootstrap', query, body: { applications } } as const;
  const { data } = await ask<BootstrapReport>(request).catch((error: Error) => {
    throw new Error(showable(folders)(error.message));
  });
  return data;
};

/** An application without a tenant in its file belongs to `--tenant` or `default`, independent of the token. */
const withTenant = ({ application, ...source }: ApplicationSource, tenant = DEFAULT_TENANT): ApplicationSource => ({
  ...source,
  application:
    typeof application === 'object' && application !== null && !Array.isArray(application)
      ? { tenant, ...application }
      : application,
});

export const show = (
  report: BootstrapReport,
  { json }: CommandInput['options'],
  { say, terminal, shape }: CommandTools,
): void => {
  if (json) say('', report);
  else terminal.stdout.write(renderBootstrap(report, shape));
};

/** A difference between files and server. */
type Drift = Pick<ReportedJob, 'by' | 'at' | 'changes'> & {
  readonly thing: string;
  readonly what: 'differs' | 'is missing on the server' | 'is missing in the file';
};

/** `carillon drift`: shows what differs on the server from the files, who changed it, and when. */
export const drift = async ({ options, nowMs }: CommandInput, tools: CommandTools): Promise<void> => {
  const { terminal, shape, say } = tools;
  const drifts = driftsOf(await send({ dryRun: true }, options, tools));
  if (options.json) say('', drifts);
  else terminal.stdout.write(renderDrifts(drifts, { ...shape, nowMs }));
  if (options.exitCode && drifts.length > 0) terminal.exitCode = EXIT.changes;
};

/** Converts a plan to differences. */
const driftsOf = ({ applications }: BootstrapReport): Drift[] =>
  applications.flatMap(({ name, jobs, resources = [], ...application }) => [
    ...(application.action === 'create' ? [] : driftOf(`application ${name}`, application)),
    ...resources.flatMap((each) => driftOf(`${RESOURCE_NOUNS[each.kind]} ${each.name} of ${name}`, each)),
    ...jobs.flatMap((job) => driftOf(`${name}/${job.name}`, job)),
  ]);

const driftOf = (thing: string, reported: JobReport): Drift[] => {
  const { by, at, changes = [] } = reported;
  const what = whatOf(reported);
  const last = defined({ by, at });
  return what === undefined ? [] : [{ thing, what, ...last, changes }];
};

type JobReport = Pick<ReportedJob, 'action' | 'by' | 'at' | 'changes'>;

const whatOf = ({ action, by, changes = [] }: JobReport): Drift['what'] | undefined => {
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
      return changes.length === 0 ? undefined : 'differs';
    case 'keep':
      return undefined;
  }
};

type DriftShape = Pick<TableShape, 'isColoured'> & { readonly nowMs: number };

const renderDrifts = (drifts: readonly Drift[], { isColoured, nowMs }: DriftShape): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lines = drifts.flatMap(({ thing, what, by, at, changes = [] }) => {
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

const textOf = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
