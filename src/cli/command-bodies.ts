/** Reads files for request bodies. */

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
  const { parseFile } = await import('../bootstrap/parse-file.ts');
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
  if (/^\uFEFF?\s*[[{"]/.test(text)) return jsonOf(text, file);
  const lines = text.replace(BYTE_ORDER_MARK, '').split('\n');
  return { dates: lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '') };
};
