import type { FieldError } from '../domain/domain-error.ts';
import { checkJsonSize, parseExactly, roundedIn } from '../domain/json.ts';
import { MAX_VALUES } from './bounds.ts';
import { parseYaml } from './yaml.ts';

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
