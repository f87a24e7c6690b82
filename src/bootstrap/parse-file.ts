import { checkJsonSize, DEEPEST, parseExactly, RoundedInteger, roundedIn } from '../domain/json.ts';
import type { FieldError } from '../domain/refusal.ts';
import { MOST_VALUES } from './definitions.ts';

/** The formats that a definition file may be in, by how its name ends. */
export const FILE_ENDS = ['.json', '.yaml', '.yml'] as const;
type FileEnd = (typeof FILE_ENDS)[number];

export type ParsedFile = { readonly value: unknown; readonly problems: readonly FieldError[] };

/** Longer than any set that a request may carry. */
const LONGEST_FILE = 8 * 1_024 * 1_024;

/** Parses a definition file. The value is to be used only where there is no problem. */
export const parseFile = async (bytes: Buffer, end: FileEnd): Promise<ParsedFile> => {
  try {
    if (bytes.length > LONGEST_FILE) throw new Error('is longer than 8 MiB');
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
  checkJsonSize(bytes, MOST_VALUES);
  try {
    return parseExactly(text);
  } catch (error) {
    throw new Error(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** One document of YAML 1.2, with merge keys (`<<`). A name that is there twice is refused, and so is what JSON has not. */
const yamlOf = async (text: string): Promise<unknown> => {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { intAsBigInt: true, merge: true, prettyErrors: true });
  const [fault] = [...document.errors, ...document.warnings];
  // Below its first line, the message repeats lines of the file.
  if (fault !== undefined) throw new Error(`is not YAML: ${(fault.message.split('\n')[0] ?? '').replace(/:$/, '')}`);
  // Aliases are judged by what comes of them: `<<: *usual` in each of 10,000 jobs is no attack.
  return createPlain()(document.toJS({ maxAliasCount: -1 }));
};

/** Makes a value of YAML one that JSON has, within the bounds of a JSON file. @throws Error */
const createPlain = () => {
  let values = 0;
  const plain = (value: unknown, depth = 0): unknown => {
    values += 1;
    if (values > MOST_VALUES) throw new Error(`it holds more than ${MOST_VALUES} values`);
    if (depth > DEEPEST) throw new Error(`is nested deeper than ${DEEPEST} levels`);
    switch (typeof value) {
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : new RoundedInteger(String(value));
      case 'number':
        if (Number.isFinite(value)) return value;
        throw new Error(`has ${value}, which JSON has not`);
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
