import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listOfJobs } from '../bootstrap/definitions.ts';
import type { DefinitionFile, FolderFiles } from '../bootstrap/read-folder.ts';
import type { ReportedJob } from '../bootstrap/report.ts';
import { isJobField } from '../commands/job/job-input.ts';
import { isOmitted } from '../domain/omitted.ts';
import { placesWithin, printReport, readFiles, sendFiles } from './bootstrap.ts';
import type { CommandCall } from './command.ts';

/**
 * `carillon adopt`: makes the files the owner of a job, an application, or with `--all` everything that others
 * changed. With `--write`, first writes the server's version of a job into its file.
 */
export const adopt = async (call: CommandCall): Promise<void> => {
  const { subject, options } = call;
  if ((subject === '') !== (options.all === true)) {
    throw new Error('Name a job (crm/nightly-sync) or an application (crm), or use --all without a name.');
  }
  const [application = '', ...job] = subject.split('/');
  if (options.write) {
    if (job.length === 0) throw new Error('--write needs the address of one job, such as crm/nightly-sync.');
    await writeJob(application, job.join('/'), call);
  }
  const folders = options.all ? await readFiles(call) : [await folderOf(application, call)];
  printReport(await sendFiles(folders, options.all ? { adoptAll: true } : { adopt: subject }, call), call);
};

const folderOf = async (application: string, call: CommandCall): Promise<FolderFiles> => {
  const folders = await readFiles(call);
  const found = folders.find(({ application: { value } }) => Object(value).name === application);
  if (found === undefined) throw new Error(`No folder contains the application ${application}. Check --dir.`);
  return found;
};

/** Writes the server's version of a job into its file. On failure, the file is unchanged. */
const writeJob = async (application: string, job: string, call: CommandCall): Promise<void> => {
  const address = `${application}/${job}`;
  const folder = async (): Promise<AdoptingFolder> => {
    const { jobs, ...found } = await folderOf(application, call);
    if (jobs === undefined) throw new Error(`No folder contains the jobs of application ${application}. Check --dir.`);
    return { ...found, jobs };
  };
  const planned = async (files: FolderFiles): Promise<ReportedJob> => {
    const { applications } = await sendFiles([files], { dryRun: true }, call);
    const reported = applications[0]?.jobs.find(({ name }) => name === job);
    if (reported?.id === undefined) throw new Error(`The server has no job ${address}.`);
    return reported;
  };
  const files = await folder();
  const undo = await write(files, await planned(files), call);
  const { changes = [] } = await planned(await folder());
  if (changes.length > 0) {
    await undo();
    throw new Error(`Can't write the server's value of ${changes[0]?.pointer} into the file. Edit the file yourself.`);
  }
  call.note(`carillon: Wrote the server's version of ${address} to ${files.jobs.file}`);
};

type AdoptingFolder = FolderFiles & { readonly jobs: DefinitionFile };
/** @returns a function that restores the file */
const write = async (
  { jobs }: AdoptingFolder,
  reported: ReportedJob,
  { options: { dir = 'bootstrap' }, send }: CommandCall,
): Promise<() => Promise<void>> => {
  const list = listOfJobs(jobs.value);
  const place = list?.jobs.findIndex((each) => Object(each).name === reported.name) ?? -1;
  const edits =
    place >= 0
      ? editsOf(reported, `${list?.pointer}/${place}`, jobs)
      : [{ pointer: `${list?.pointer}/${list?.jobs.length}`, value: await definitionOf(reported, send) }];
  const file = path.join(dir, jobs.file);
  const text = await readFile(file, 'utf8');
  if (edits.length > 0) await writeFile(file, await editFile(text, edits, path.extname(file)));
  return () => writeFile(file, text);
};

/** The edits that make a file's job equal to the server's. */
const editsOf = ({ changes = [] }: ReportedJob, prefix: string, { places }: DefinitionFile): FileEdit[] =>
  changes.map(({ pointer, before }) => {
    if (placesWithin(`${prefix}${pointer}`, places).length > 0) {
      throw new Error(`${pointer} in the file takes its value from the environment. Change it there, or in the file.`);
    }
    rejectHidden(before, pointer);
    return { pointer: `${prefix}${pointer}`, value: before };
  });

/** A job of the server in file format, without defaults. */
const definitionOf = async ({ id = 0 }: ReportedJob, send: CommandCall['send']): Promise<unknown> => {
  const { data } = await send('getJob', { params: [id] });
  const fields = Object.entries(data).filter(([field, value]) => isJobField(field) && !isDefault(field, value));
  for (const [field, value] of fields) rejectHidden(value, `/${field}`);
  return Object.fromEntries(fields);
};

const isDefault = (field: string, value: unknown): boolean =>
  (field === 'enabled' && value === true) ||
  (field === 'timezone' && value === 'UTC') ||
  (field === 'confidential' && !value);

const rejectHidden = (value: unknown, pointer: string): void => {
  if (typeof value !== 'object' || value === null) return;
  if (Object(value).sealed === true || isOmitted(value)) {
    throw new Error(`The server doesn't show ${pointer}. Write its value into the file yourself.`);
  }
  for (const [key, item] of Object.entries(value)) rejectHidden(item, `${pointer}/${key}`);
};

/** The new value of a file's field; `undefined` removes it. */
type FileEdit = { readonly pointer: string; readonly value: unknown };

/** Edits the text of a definition file. Keeps comments in YAML and indentation in JSON. */
export const editFile = async (text: string, edits: readonly FileEdit[], end: string): Promise<string> => {
  if (end === '.json') return editedJson(text, edits);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  for (const { pointer, value } of edits) {
    const path = keysOf(pointer);
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
};

const BYTE_ORDER_MARK = /^\uFEFF/;

const editedJson = (text: string, edits: readonly FileEdit[]): string => {
  const root = { file: JSON.parse(text.replace(BYTE_ORDER_MARK, '')) };
  for (const { pointer, value } of edits) {
    const path = ['file', ...keysOf(pointer)];
    const last = path.pop() ?? '';
    let at: Record<string, unknown> = root;
    for (const key of path) at = Object(at[key]);
    if (value === undefined) delete at[last];
    else at[last] = value;
  }
  const [, indent = '  '] = /^([ \t]+)\S/m.exec(text) ?? [];
  return `${JSON.stringify(root.file, undefined, indent)}\n`;
};

/** The keys of a JSON pointer. */
const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
