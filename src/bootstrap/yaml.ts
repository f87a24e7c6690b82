import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FieldError } from '../domain/domain-error.ts';
import { checkJsonSize, DEEPEST, parseExactly, RoundedInteger, roundedIn } from '../domain/json.ts';
import { MAX_VALUES } from './bounds.ts';

/** Supported file name extensions. */
export const FILE_ENDS = ['.json', '.yaml', '.yml'] as const;
type FileEnd = (typeof FILE_ENDS)[number];

export type ParsedFile = { readonly value: unknown; readonly problems: readonly FieldError[] };

/** Parses a definition file. The value is valid only if there is no problem. */
export const parseFile = async (bytes: Buffer, end: FileEnd): Promise<ParsedFile> => {
  try {
    const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
    const value = end === '.json' ? jsonOf(bytes, text) : await yamlOf(text);
    return { value, problems: roundedIn(value) };
  } catch (error) {
    return {
      value: undefined,
      problems: [{ pointer: '', message: error instanceof Error ? error.message : String(error) }],
    };
  }
};

const jsonOf = (bytes: Buffer, text: string): unknown => {
  checkJsonSize(bytes, MAX_VALUES);
  try {
    return parseExactly(text);
  } catch (error) {
    throw new Error(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const yamlOf = async (text: string): Promise<unknown> => {
  const [document = null, ...others] = await parseYaml(text);
  if (others.length > 0) throw new Error(`has ${others.length + 1} YAML documents instead of one`);
  return document;
};

const WORKER = path.join(import.meta.dirname, `yaml-worker${path.extname(import.meta.filename)}`);
/** Longer texts are parsed in a separate thread; shorter ones always take a fraction of a second. */
const SHORT = 4 * 1_024;
const TIMEOUT_MS = 60_000;
const MAX_HEAP_MB = 1_024;

/**
 * Parses YAML 1.2 with merge keys (`<<`) without blocking the process. Rejects duplicate names, unknown tags and values that
 * JSON doesn't have.
 * @returns the documents as JSON values, with a `RoundedInteger` for each integer that would be rounded
 * @throws Error that states what is wrong with the text, also if it takes longer than the limit
 */
export const parseYaml = async (text: string, { timeoutMs = TIMEOUT_MS } = {}): Promise<unknown[]> => {
  // The library is loaded only if there is YAML.
  const documents =
    text.length <= SHORT
      ? (await import('./yaml-documents.ts')).yamlDocuments(text)
      : await parseInWorker(text, timeoutMs);
  return documents.map(createPlain());
};

const parseInWorker = (text: string, timeoutMs: number): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, {
      workerData: text,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    const timer = setTimeout(() => {
      reject(new Error(`takes longer than ${timeoutMs / 1_000} s to parse: split it, or write it as JSON`));
      void worker.terminate();
    }, timeoutMs);
    worker.once('message', (documents: unknown[]) => resolve(documents));
    worker.once('error', (error: Error & { readonly code?: string }) =>
      reject(error.code === OUT_OF_MEMORY ? new Error('needs too much memory to parse: split it') : error),
    );
    worker.once('exit', () => clearTimeout(timer));
  });

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

/** Converts a YAML value to JSON within the limits of a JSON file. @throws Error */
const createPlain = () => {
  let values = 0;
  const plain = (value: unknown, depth = 0): unknown => {
    values += 1;
    if (values > MAX_VALUES) throw new Error(`it has more than ${MAX_VALUES} values`);
    if (depth > DEEPEST) throw new Error(`is nested deeper than ${DEEPEST} levels`);
    switch (typeof value) {
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : new RoundedInteger(String(value));
      case 'number':
        if (Number.isFinite(value)) return value;
        throw new Error(`has ${value}, which JSON does not support`);
      case 'object':
        if (value === null) return null;
        if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
      default:
        return value;
    }
  };
  return plain;
};
