/** What a file of a verb says, for a request. */

const BYTE_ORDER_MARK = /^\uFEFF/;

/** @throws Error that names the file where it is no JSON */
export const jsonOf = (text: string, file = '-'): unknown => {
  try {
    return JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    throw new Error(`${file === '-' ? 'standard input' : file} is no JSON: ${String(error)}`);
  }
};

/** A calendar as JSON, or its dates, one a line; what stands behind a `#` is a remark. */
export const calendarOf = (text: string, file: string | undefined): unknown => {
  if (/^\uFEFF?\s*[[{"]/.test(text)) return jsonOf(text, file);
  const lines = text.replace(BYTE_ORDER_MARK, '').split('\n');
  return { dates: lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '') };
};
