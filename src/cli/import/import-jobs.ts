import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CommandInput, LocalTools } from '../run-command.ts';
import { fromCrontab } from './crontab.ts';
import { fromDkron } from './dkron.ts';
import { fromEventBridge } from './eventbridge.ts';
import { fromGcloud } from './gcloud.ts';
import { hideSecrets } from './hide-secrets.ts';
import { accepted, type Importer } from './imported.ts';
import { fromKubernetes } from './kubernetes.ts';

const IMPORTERS: Readonly<Record<string, Importer>> = {
  crontab: fromCrontab,
  kubernetes: fromKubernetes,
  gcloud: fromGcloud,
  eventbridge: fromEventBridge,
  dkron: fromDkron,
};

/**
 * `carillon jobs import`: writes a file of jobs for its owner alone, and lists what has no counterpart in each line or
 * entry, and which secrets to set: none is written.
 */
export const importJobs = async (
  { subject: file, options: { from: kind = '', out = 'jobs.json' } }: CommandInput,
  { readText, note, terminal }: LocalTools,
): Promise<void> => {
  const importer = IMPORTERS[kind];
  if (importer === undefined) throw new Error(`--from must be one of ${Object.keys(IMPORTERS).join(', ')}.`);
  const { entries, secrets } = hideSecrets(accepted(await read(importer, file, await readText(file))));
  for (const { at, notes } of entries) for (const each of notes) note(`${at}: ${each}`);
  const jobs = entries.flatMap(({ job }) => (job === undefined ? [] : [job]));
  const text = `${JSON.stringify(jobs, undefined, 2)}\n`;
  if (out === '-') terminal.stdout.write(text);
  else await writeFile(out, text, { flag: 'wx', mode: 0o600 });
  const left = entries.filter(({ job, at }) => job === undefined && at !== 'all lines').length;
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  note(
    `carillon: Wrote ${count} to ${out === '-' ? 'standard output' : out}${left === 0 ? '' : `; ${left} entries omitted`}`,
  );
  if (secrets.length === 0) return;
  const these = secrets.length === 1 ? 'this secret' : `these ${secrets.length} secrets`;
  note(`carillon: The file contains no passwords. Set ${these} of the application before you apply the file:`);
  for (const { name, at, what } of secrets) note(`  carillon secrets set APPLICATION ${name}  # ${what}, ${at}`);
};

const read = async (importer: Importer, file: string, text: string) => {
  try {
    return await importer(text);
  } catch (error) {
    if (error instanceof z.ZodError) throw new Error(`${file}: ${z.prettifyError(error)}`);
    if (error instanceof SyntaxError) throw new Error(`${file} is not JSON: ${error.message}`);
    throw error instanceof Error ? new Error(`${file}: ${error.message}`) : error;
  }
};
