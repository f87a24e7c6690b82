import { checkSchedule } from '../../commands/job/check-rules.ts';
import { JobFields } from '../../commands/job/job-input.ts';
import { parseInput } from '../../commands/parse.ts';
import { DomainError } from '../../domain/domain-error.ts';

/** A job in definition file format. */
export type ImportedJob = Readonly<Record<string, unknown>>;

/** The outcome of converting an entry. */
export type Conversion = {
  /** `undefined` if nothing could be imported. */
  readonly job?: ImportedJob;
  /** Parts without a counterpart. */
  readonly notes: readonly string[];
};

/** The result of importing an entry, and its location: a line or a name. */
export type ImportedEntry = Conversion & { readonly at: string };

/** Converts a foreign file to jobs. @throws Error if it has another format */
export type Importer = (text: string) => Promise<readonly ImportedEntry[]>;

/** Adapts entries to what the API accepts: gives each job a unique name, and omits jobs that it rejects. */
export const accepted = (entries: readonly ImportedEntry[]): ImportedEntry[] => {
  const names = new Set<unknown>();
  return entries.map(({ at, job, notes }) => {
    if (job === undefined) return { at, notes };
    const named = { ...withoutUndefined(job), name: freeName(String(job.name), names) };
    const rejection = rejectionOf(named);
    if (rejection !== undefined) return { at, notes: [...notes, `omitted: ${rejection}`] };
    names.add(named.name);
    return { at, job: named, notes };
  });
};

const withoutUndefined = (job: ImportedJob): ImportedJob =>
  Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined));

const MAX_NAME = 190;

/** A name that can be part of an address and is not used yet. */
const freeName = (wanted: string, taken: ReadonlySet<unknown>): string => {
  const name =
    wanted
      .replace(/[/\\?#%\p{Cc}]+/gu, '-')
      .replace(/^[-. ]+|[-. ]+$/g, '')
      .slice(0, MAX_NAME) || 'job';
  const base = /\D/.test(name) ? name : `job-${name}`;
  let free = base;
  for (let number = 2; taken.has(free); number++) free = `${base}-${number}`;
  return free;
};

const rejectionOf = (job: ImportedJob): string | undefined => {
  try {
    checkSchedule(parseInput(JobFields, job));
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
};

/** Escapes `${`, so that it is no parameter. */
export const literal = (text: string): string => text.replaceAll('${', () => '$${');

/** The labels that a job can have, and the names of the others. */
export const labelsOf = (given: Readonly<Record<string, unknown>> | undefined) => {
  const all = Object.entries(given ?? {});
  const isTaken = ([key, value]: [string, unknown]): boolean =>
    /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/.test(key) && String(value).length <= 255;
  const taken = all.filter(isTaken).slice(0, 16);
  return {
    labels: taken.length === 0 ? undefined : Object.fromEntries(taken.map(([key, value]) => [key, String(value)])),
    others: all.map(([key]) => key).filter((key) => !taken.some(([name]) => name === key)),
  };
};

/** The body of a task: JSON if the header states it. */
export const bodyOf = (text: string, headers: Readonly<Record<string, string>>): unknown => {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (type === undefined || !/json/i.test(type)) return literal(text);
  try {
    return JSON.parse(literal(text));
  } catch {
    return literal(text);
  }
};

const MAX_ATTEMPTS = 100;

/** Converts retries to the total of attempts in the rule `retry`. */
export const attemptsAfter = (retries: number): number => Math.min(retries + 1, MAX_ATTEMPTS);
