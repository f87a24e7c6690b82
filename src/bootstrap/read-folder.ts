import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { defined } from '../domain/defined.ts';
import { type FieldError, pointerOf } from '../domain/domain-error.ts';
import { redact } from '../domain/redaction/redact.ts';
import { MAX_FILE_BYTES } from './bounds.ts';
import type { ApplicationSource } from './definitions.ts';
import { BootstrapRejected, type FileProblem } from './rejected.ts';
import { FILE_ENDS, parseFile } from './yaml.ts';

/** A file with its path within the folder of all applications. */
export type DefinitionFile = FilledIn & { readonly file: string };

export type FolderFiles = {
  readonly folder: string;
  readonly application: DefinitionFile;
  /** `undefined` if its jobs are left unchanged. */
  readonly jobs: DefinitionFile | undefined;
};

/**
 * Reads a folder with one folder per application. Each contains `application` and, if the sync manages its jobs, `jobs`, as
 * JSON or YAML. Folders with neither file are ignored.
 * @throws BootstrapRejected naming every missing or invalid file; the file system's error if the folder can't be read
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

export const sourcesOf = (folders: readonly FolderFiles[]): ApplicationSource[] =>
  folders.map(({ folder, application, jobs }) => ({
    folder,
    application: application.value,
    ...defined({ jobs: jobs?.value }),
  }));

/**
 * Returns a function that makes messages about the files safe to show: it uses the files' names and removes filled-in
 * values.
 */
export const showable = (folders: readonly FolderFiles[]): ((message: string) => string) => {
  const files = folders.flatMap(({ application, jobs }) => [application, ...(jobs === undefined ? [] : [jobs])]);
  const strike = redact(files.flatMap(({ texts }) => [...texts]));
  return (message) =>
    strike.text(
      files.reduce((text, { file }) => text.replaceAll(`${file.replace(/\.[a-z]+$/, '')}.json:`, `${file}:`), message),
    );
};

type FolderPlace = { readonly root: string; readonly folder: string; readonly variables: FileVariables };

/** `undefined` if there is no such file. */
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

/** Reads a file; `undefined` if there is none. A link to a file outside the folder is an error. */
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

/** Reading a pipe would never end. */
const problemWith = (stats: Stats): string | undefined => {
  if (!stats.isFile()) return 'is not a regular file';
  return stats.size > MAX_FILE_BYTES ? `is larger than ${MAX_FILE_BYTES / 1_024 ** 2} MiB` : undefined;
};

const problemOf = (file: string, message: string): FileProblem => ({ file, field: '', pointer: '', message });

/** The variables that files can read: those with the prefix, except Carillon's own settings. */
type FileVariables = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly prefix: string;
  readonly isSetting: (name: string) => boolean;
};

/** A value with its placeholders `${env:NAME}` filled in. */
type FilledIn = {
  readonly value: unknown;
  /** The texts that held placeholders, as they were before, by their pointers. */
  readonly places: ReadonlyMap<string, string>;
  /** What was filled in. None of it may be shown. */
  readonly texts: ReadonlySet<string>;
};

const MARK = '${env:';
/** `$${` is a literal `${`. */
const PLACEHOLDER = /(?<!\$)\$\{env:([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Fills in the placeholders of all texts in a value. What was filled in is looked through no more, so it may hold none. */
const fillIn = (value: unknown, variables: FileVariables): FilledIn & { readonly problems: readonly FieldError[] } => {
  const places = new Map<string, string>();
  const texts = new Set<string>();
  const problems: FieldError[] = [];

  const textOf = (text: string, pointer: string): string =>
    text.replace(PLACEHOLDER, (placeholder, name: string) => {
      places.set(pointer, text);
      const read = readVariable(placeholder, name, variables);
      if ('problem' in read) {
        problems.push({ pointer, message: read.problem });
        return placeholder;
      }
      texts.add(read.value);
      return read.value;
    });
  const walk = (given: unknown, path: readonly string[]): unknown => {
    if (typeof given === 'string') return given.includes(MARK) ? textOf(given, pointerOf(path)) : given;
    if (typeof given !== 'object' || given === null) return given;
    if (Array.isArray(given)) return given.map((item, index) => walk(item, [...path, String(index)]));
    return Object.fromEntries(
      Object.entries(given).map(([key, item]) => {
        const inner = [...path, key];
        if (key.includes(MARK))
          problems.push({ pointer: pointerOf(inner), message: 'a name cannot contain a placeholder' });
        return [key, walk(item, inner)];
      }),
    );
  };
  return { value: walk(value, []), places, texts, problems };
};

/** The value of a variable, or why no file can have it. A variable that files can't read is not read at all. */
const readVariable = (
  placeholder: string,
  name: string,
  { environment, prefix, isSetting }: FileVariables,
): { readonly value: string } | { readonly problem: string } => {
  if (!placeholder.endsWith('}') || !NAME.test(name)) {
    return { problem: 'has an invalid placeholder: write ${env:NAME} for the environment variable NAME' };
  }
  if (isSetting(name)) {
    return {
      problem: `can't read ${name}: it is a setting of Carillon. Put the value into another variable, such as ${prefix}VALUE`,
    };
  }
  if (!name.startsWith(prefix)) {
    return {
      problem: `can't read ${name}: files can read only variables with the prefix ${prefix} (BOOTSTRAP_ENV_PREFIX). Rename it to ${prefix}${name} in the file and in the environment`,
    };
  }
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (!value) return { problem: `the environment variable ${name} is missing or empty` };
  return value.includes(MARK)
    ? { problem: `the environment variable ${name} contains a placeholder: give the value itself` }
    : { value };
};
