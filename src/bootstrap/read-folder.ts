import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { redact } from '../domain/redaction/index.ts';
import { MAX_FILE_BYTES } from './bounds.ts';
import type { ApplicationSource } from './definitions.ts';
import { type FileVariables, type FilledIn, fillIn } from './environment.ts';
import { FILE_ENDS, parseFile } from './parse-file.ts';
import { BootstrapRejected, type FileProblem } from './rejected.ts';

/** A file of an application, filled in from the environment. */
export type DefinitionFile = Omit<FilledIn, 'problems'> & {
  /** Its path within the folder of all applications. */
  readonly file: string;
};

/** The files of one application. */
export type FolderFiles = {
  readonly folder: string;
  readonly application: DefinitionFile;
  /** Undefined: its jobs are left alone. */
  readonly jobs: DefinitionFile | undefined;
};

/**
 * Reads a folder that holds one folder for each application, with `application` and, where the sync manages its jobs,
 * `jobs`, in JSON or YAML. Folders with neither file are ignored.
 * @throws BootstrapRejected naming every file that is missing or cannot be used; the file system's error where the folder
 * cannot be read
 */
export const readFolder = async (dir: string, variables: FileVariables): Promise<FolderFiles[]> => {
  const root = await realpath(dir);
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const problems: FileProblem[] = [];
  const read: FolderFiles[] = [];
  for (const folder of folders) {
    const place = { root, folder, variables };
    const application = await readPart('application', place, problems);
    const jobs = await readPart('jobs', place, problems);
    if (application === undefined && jobs !== undefined) {
      problems.push(
        problemOf(path.join(folder, 'application.json'), 'is missing: it describes the application of the jobs'),
      );
    }
    if (application !== undefined) read.push({ folder, application, jobs });
  }
  if (problems.length > 0) throw new BootstrapRejected(problems);
  return read;
};

/** The applications of a folder, as the sync takes them. */
export const sourcesOf = (folders: readonly FolderFiles[]): ApplicationSource[] =>
  folders.map(({ folder, application, jobs }) => ({
    folder,
    application: application.value,
    ...(jobs === undefined ? {} : { jobs: jobs.value }),
  }));

/** Makes a message about the files fit to be shown: it names them as they are called, and nothing that was filled in. */
export const showable = (folders: readonly FolderFiles[]): ((message: string) => string) => {
  const files = folders.flatMap(({ application, jobs }) => [application, ...(jobs === undefined ? [] : [jobs])]);
  const strike = redact(files.flatMap(({ texts }) => [...texts]));
  return (message) =>
    strike.text(
      files.reduce((text, { file }) => text.replaceAll(`${file.replace(/\.[a-z]+$/, '')}.json:`, `${file}:`), message),
    );
};

type FolderPlace = { readonly root: string; readonly folder: string; readonly variables: FileVariables };

/** Undefined where there is no such file. */
const readPart = async (
  part: 'application' | 'jobs',
  { root, folder, variables }: FolderPlace,
  problems: FileProblem[],
): Promise<DefinitionFile | undefined> => {
  const found: DefinitionFile[] = [];
  for (const end of FILE_ENDS) {
    const file = path.join(folder, `${part}${end}`);
    const bytes = await readWithin(root, file, problems);
    if (bytes === undefined) continue;
    const parsed = await parseFile(bytes, end);
    const { problems: unfilled, ...filled } = fillIn(parsed.value, variables);
    for (const { pointer, message } of [...parsed.problems, ...unfilled]) {
      problems.push({ ...problemOf(file, message), field: pointer });
    }
    found.push({ file, ...filled });
  }
  const [first, second] = found;
  if (first !== undefined && second !== undefined)
    problems.push(problemOf(second.file, `cannot be combined with ${first.file}: remove one`));
  return first;
};

/** The bytes of a file; undefined where there is none. One that a link takes from outside of the folder is a problem. */
const readWithin = async (root: string, file: string, problems: FileProblem[]): Promise<Buffer | undefined> => {
  try {
    const real = await realpath(path.join(root, file));
    const problem = real.startsWith(`${root}${path.sep}`)
      ? problemWith(await stat(real))
      : 'is a link to a file outside the folder';
    if (problem === undefined) return await readFile(real);
    problems.push(problemOf(file, problem));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      problems.push(problemOf(file, `can not be read: ${error instanceof Error ? error.message : String(error)}`));
    }
  }
  return undefined;
};

/** A pipe would be read for ever. */
const problemWith = (stats: Stats): string | undefined => {
  if (!stats.isFile()) return 'is not a regular file';
  return stats.size > MAX_FILE_BYTES ? `is larger than ${MAX_FILE_BYTES / 1_024 ** 2} MiB` : undefined;
};

const problemOf = (file: string, message: string): FileProblem => ({ file, field: '', pointer: '', message });
