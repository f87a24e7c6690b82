import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkJsonSize, parseExactly, roundedIn } from '../domain/json.ts';
import { Refusal } from '../domain/refusal.ts';
import { type ApplicationSource, MOST_VALUES } from './definitions.ts';
import { BootstrapRefused, type FileProblem } from './refused.ts';

/**
 * Reads a folder that holds one folder for each application, with `application.json` and, where the sync manages its
 * jobs, `jobs.json`. Folders with neither file are ignored.
 * @throws BootstrapRefused naming every file that is missing or is not JSON; the file system's error where the folder
 * cannot be read
 */
export const readFolder = async (dir: string): Promise<ApplicationSource[]> => {
  const entries = await readdir(dir, { withFileTypes: true });
  const folders = entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const problems: FileProblem[] = [];
  const sources: ApplicationSource[] = [];
  for (const folder of folders) {
    const application = await readJson(path.join(dir, folder, 'application.json'), problems);
    const jobs = await readJson(path.join(dir, folder, 'jobs.json'), problems);
    if (application === undefined && jobs !== undefined) {
      problems.push(
        problemOf(path.join(folder, 'application.json'), 'is missing: it names the application of jobs.json'),
      );
    }
    if (application !== undefined) sources.push({ folder, application, ...(jobs === undefined ? {} : { jobs }) });
  }
  if (problems.length > 0) throw new BootstrapRefused(problems);
  return sources;
};

/** Undefined where there is no such file. */
const readJson = async (file: string, problems: FileProblem[]): Promise<unknown> => {
  const shown = path.join(path.basename(path.dirname(file)), path.basename(file));
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    problems.push(problemOf(shown, `can not be read: ${error instanceof Error ? error.message : String(error)}`));
    return undefined;
  }
  try {
    checkJsonSize(bytes, MOST_VALUES);
    const value = parseExactly(bytes.toString('utf8').replace(/^\uFEFF/, ''));
    const rounded = roundedIn(value);
    for (const { pointer, message } of rounded) problems.push({ ...problemOf(shown, message), field: pointer });
    return rounded.length === 0 ? value : undefined;
  } catch (error) {
    if (error instanceof Refusal) {
      problems.push(problemOf(shown, error.message));
      return undefined;
    }
    problems.push(problemOf(shown, `is not JSON: ${error instanceof Error ? error.message : String(error)}`));
    return undefined;
  }
};

const problemOf = (file: string, message: string): FileProblem => ({ file, field: '', pointer: '', message });
