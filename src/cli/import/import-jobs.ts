import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { LocalTools, VerbInput } from '../run-verb.ts';
import { fromCrontab } from './crontab.ts';
import { fromDkron } from './dkron.ts';
import { fromEventBridge } from './eventbridge.ts';
import { fromGcloud } from './gcloud.ts';
import { accepted, type Importer } from './imported.ts';
import { fromKubernetes } from './kubernetes.ts';

const IMPORTERS: Readonly<Record<string, Importer>> = {
  crontab: fromCrontab,
  kubernetes: fromKubernetes,
  gcloud: fromGcloud,
  eventbridge: fromEventBridge,
  dkron: fromDkron,
};

/** `carillon jobs import`: writes a file of jobs, and says of each line or entry what has no counterpart. */
export const importJobs = async (
  { subject: file, options: { from: kind = '', out = 'jobs.json' } }: VerbInput,
  { readText, note, terminal }: LocalTools,
): Promise<void> => {
  const importer = IMPORTERS[kind];
  if (importer === undefined) throw new Error(`--from is one of ${Object.keys(IMPORTERS).join(', ')}`);
  const entries = accepted(await read(importer, file, await readText(file)));
  for (const { at, notes } of entries) for (const each of notes) note(`${at}: ${each}`);
  const jobs = entries.flatMap(({ job }) => (job === undefined ? [] : [job]));
  const text = `${JSON.stringify(jobs, undefined, 2)}\n`;
  if (out === '-') terminal.stdout.write(text);
  else await writeFile(out, text, { flag: 'wx' });
  const left = entries.filter(({ job, at }) => job === undefined && at !== 'all lines').length;
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  note(
    `carillon: ${count} in ${out === '-' ? 'standard output' : out}${left === 0 ? '' : `, ${left} entries left out`}`,
  );
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
