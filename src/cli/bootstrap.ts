import { type ApplicationSource, DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { type FolderFiles, readFolder, showable, sourcesOf } from '../bootstrap/read-folder.ts';
import type { BootstrapReport } from '../bootstrap/report.ts';
import { loadFileVariables } from '../config.ts';
import { EXIT } from './fail.ts';
import { hideFilled } from './hide-filled.ts';
import { differsFromFiles, renderBootstrap } from './render-bootstrap.ts';
import type { CommandInput, CommandTools } from './run-command.ts';
import type { Query } from './server.ts';

/** `carillon bootstrap plan`: shows what applying a folder would change. */
export const plan = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const report = await send({ dryRun: true }, options, tools);
  show(report, options, tools);
  if (options.exitCode && differsFromFiles(report)) tools.terminal.exitCode = EXIT.changes;
};

/** `carillon bootstrap apply`: brings applications and jobs to what a folder says. */
export const apply = async ({ options }: CommandInput, tools: CommandTools): Promise<void> =>
  show(await send({ allowDelete: options.allowDelete ?? 0 }, options, tools), options, tools);

/** Sends the files of a folder, and hides in the answer what the environment gave. */
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

/** Without a tenant in its file, an application belongs to that of `--tenant` or to `default`, whatever the token names. */
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
