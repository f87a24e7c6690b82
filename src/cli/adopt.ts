import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listOfJobs } from '../bootstrap/definitions.ts';
import type { DefinitionFile, FolderFiles } from '../bootstrap/read-folder.ts';
import type { ReportedJob } from '../bootstrap/report.ts';
import { isJobField } from '../commands/job/job-input.ts';
import { isOmitted } from '../domain/omitted.ts';
import { readFiles, sendFiles, show } from './bootstrap.ts';
import { editFile, type FileEdit } from './edit-file.ts';
import { hideFilled, placesWithin } from './hide-filled.ts';
import type { VerbInput, VerbTools } from './run-verb.ts';

/**
 * `carillon bootstrap adopt`: makes a job the files' own, also one that another changed last, by what its file says. With
 * `--write`, what the server has is written into the file first.
 */
export const adopt = async ({ subject, options }: VerbInput, tools: VerbTools): Promise<void> => {
  const { application, job } = partsOf(subject);
  const folder = async (): Promise<AdoptingFolder> => {
    const found = (await readFiles(options, tools)).find(
      ({ application: { value } }) => Object(value).name === application,
    );
    if (found?.jobs === undefined) throw new Error(`no folder has the jobs of application ${application}`);
    return { ...found, jobs: found.jobs };
  };
  const planned = async (files: FolderFiles): Promise<ReportedJob> => {
    const { applications } = await sendFiles([files], { query: { dryRun: true }, options }, tools);
    const reported = applications[0]?.jobs.find(({ name }) => name === job);
    if (reported?.id === undefined) throw new Error(`there is no job ${subject} on the server`);
    return reported;
  };
  if (options.write) {
    const files = await folder();
    const undo = await write(files, await planned(files), { options, tools });
    const { changes = [] } = await planned(await folder());
    if (changes.length > 0) {
      await undo();
      throw new Error(`the file cannot be made to say what the server has at ${changes[0]?.pointer}: edit it by hand`);
    }
    tools.note(`carillon: ${files.jobs.file} has what the server has of ${subject}`);
  }
  const files = await folder();
  const report = await sendFiles([files], { query: { adopt: subject }, options }, tools);
  show(hideFilled(report, [files]), options, tools);
};

const partsOf = (address: string) => {
  const [, application, job] = /^([^/]+)\/(.+)$/.exec(address) ?? [];
  if (application === undefined || job === undefined) {
    throw new Error(`${JSON.stringify(address)} is no address: a job is adopted by one, such as crm/nightly-sync`);
  }
  return { application, job };
};

type AdoptingFolder = FolderFiles & { readonly jobs: DefinitionFile };
type WriteInput = Pick<VerbInput, 'options'> & { readonly tools: VerbTools };

/** @returns what writes the file as it was before */
const write = async (
  { jobs }: AdoptingFolder,
  reported: ReportedJob,
  { options: { dir = 'bootstrap' }, tools }: WriteInput,
): Promise<() => Promise<void>> => {
  const list = listOfJobs(jobs.value);
  const place = list?.jobs.findIndex((each) => Object(each).name === reported.name) ?? -1;
  const edits =
    place >= 0
      ? editsOf(reported, `${list?.pointer}/${place}`, jobs)
      : [{ pointer: `${list?.pointer}/${list?.jobs.length}`, value: await definitionOf(reported, tools) }];
  const file = path.join(dir, jobs.file);
  const text = await readFile(file, 'utf8');
  if (edits.length > 0) await writeFile(file, await editFile(text, edits, path.extname(file)));
  return () => writeFile(file, text);
};

/** What makes a job of a file what the server has. */
const editsOf = ({ changes = [] }: ReportedJob, prefix: string, { places }: DefinitionFile): FileEdit[] =>
  changes.map(({ pointer, before }) => {
    if (placesWithin(`${prefix}${pointer}`, places).length > 0) {
      throw new Error(`${pointer} of the file is filled in from the environment: change it there, or in the file`);
    }
    refuseHidden(before, pointer);
    return { pointer: `${prefix}${pointer}`, value: before };
  });

/** A job of the server as a file defines it, without what is so by default. */
const definitionOf = async ({ id }: ReportedJob, { ask }: VerbTools): Promise<unknown> => {
  const { data } = await ask<Readonly<Record<string, unknown>>>({ path: `/jobs/${id}` });
  const fields = Object.entries(data).filter(([field, value]) => isJobField(field) && !isDefault(field, value));
  for (const [field, value] of fields) refuseHidden(value, `/${field}`);
  return Object.fromEntries(fields);
};

const isDefault = (field: string, value: unknown): boolean =>
  (field === 'enabled' && value === true) ||
  (field === 'timezone' && value === 'UTC') ||
  (field === 'confidential' && !value);

const refuseHidden = (value: unknown, pointer: string): void => {
  if (typeof value !== 'object' || value === null) return;
  if (Object(value).sealed === true || isOmitted(value)) {
    throw new Error(`${pointer} is not shown by the server: write it into the file by hand`);
  }
  for (const [key, item] of Object.entries(value)) refuseHidden(item, `${pointer}/${key}`);
};
