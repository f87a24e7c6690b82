import type { CommandCall } from './command.ts';

/** Reads request bodies from files and options. */

const BYTE_ORDER_MARK = /^\uFEFF/;

/** @throws Error that names the file if it is not JSON */
export const jsonOf = (text: string, file = '-'): unknown => {
  try {
    return JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    throw new Error(`${file === '-' ? 'Standard input' : file} is not valid JSON: ${String(error)}`);
  }
};

/**
 * An object in JSON or YAML, as in bootstrap files. The file name determines the format; without an extension, a text is
 * JSON if it begins like JSON.
 * @throws Error that names the file and what is wrong with it
 */
export const definitionOf = async (text: string, file = '-'): Promise<unknown> => {
  const isYaml = /\.ya?ml$/i.test(file) || !(/\.json$/i.test(file) || /^\uFEFF?\s*[[{"]/.test(text));
  if (!isYaml) return jsonOf(text, file);
  const { parseFile } = await import('../bootstrap/yaml.ts');
  const { value, problems } = await parseFile(Buffer.from(text), '.yaml');
  const fieldError = (message: string) => new Error(`${file === '-' ? 'standard input' : file}: ${message}`);
  const [problem] = problems;
  if (problem !== undefined)
    throw fieldError([problem.pointer, problem.message].filter((part) => part !== '').join(': '));
  if (typeof value !== 'object' || value === null) throw fieldError('must be an object in JSON or YAML');
  return value;
};

/** A calendar as JSON, or its dates, one per line; `#` begins a comment. */
export const calendarOf = (text: string, file: string | undefined): unknown => {
  if (IS_JSON.test(text)) return jsonOf(text, file);
  return { dates: linesOf(text) };
};

/** The allowed targets as JSON, or one per line; `#` begins a comment. */
export const allowedTargetsOf = (text: string, file: string | undefined): unknown =>
  /^\uFEFF?\s*[{"]/.test(text) ? jsonOf(text, file) : { targets: linesOf(text) };

const IS_JSON = /^\uFEFF?\s*[[{"]/;

const linesOf = (text: string): string[] =>
  text
    .replace(BYTE_ORDER_MARK, '')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');

/**
 * JSON if the text is an object or list, otherwise the text; `@file` names a file.
 * @throws Error that names the option, if a text looks like JSON and is not: quotes are easily lost in a shell
 */
export const bodyOf = async (flag: string, given: string, readText: CommandCall['readText']): Promise<unknown> => {
  const file = given.startsWith('@') ? given.slice(1) : undefined;
  const text = file === undefined ? given : await readText(file);
  const value = jsonOrText(text);
  if (typeof value === 'object' && value !== null) return value;
  if (file !== undefined && /\.json$/i.test(file)) jsonOf(text, file);
  if (file === undefined && looksLikeJson(text)) {
    throw new Error(
      `${flag} looks like JSON but is not valid JSON. Quote it for the shell, such as ${flag} '{"day": 1}'. To send it as text, pipe it to ${flag} @-.`,
    );
  }
  return text;
};

/** Parameters such as `${T:YYYY}` can be values without quotes, in a body that is sent as text. */
const looksLikeJson = (text: string): boolean =>
  /^\s*(\{[\s\S]*\}|\[[\s\S]*\])\s*$/.test(text) && typeof jsonOrText(text.replace(/\$\{[^}]*\}/g, '0')) === 'string';

export const jsonOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** An object of `name: value` or `name=value` texts; `undefined` for none. */
export const namedBy = (
  separator: ':' | '=',
  given: readonly string[] | undefined,
): Record<string, string> | undefined =>
  given &&
  Object.fromEntries(
    given.map((text) => {
      const place = text.indexOf(separator);
      if (place < 1)
        throw new Error(`${JSON.stringify(text)} needs ${JSON.stringify(separator)} between a name and a value.`);
      const value = text.slice(place + 1);
      return [text.slice(0, place).trim(), separator === ':' ? value.trim() : value];
    }),
  );
