/** A field of a file as it is to be; undefined where it is to be gone. */
export type FileEdit = { readonly pointer: string; readonly value: unknown };

/** Edits the text of a definition file. YAML keeps its comments, JSON its indentation. */
export const editFile = async (text: string, edits: readonly FileEdit[], end: string): Promise<string> => {
  if (end === '.json') return editedJson(text, edits);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  for (const { pointer, value } of edits) {
    const path = keysOf(pointer);
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
};

const BYTE_ORDER_MARK = /^\uFEFF/;

const editedJson = (text: string, edits: readonly FileEdit[]): string => {
  const root = { file: JSON.parse(text.replace(BYTE_ORDER_MARK, '')) };
  for (const { pointer, value } of edits) {
    const path = ['file', ...keysOf(pointer)];
    const last = path.pop() ?? '';
    let at: Record<string, unknown> = root;
    for (const key of path) at = Object(at[key]);
    if (value === undefined) delete at[last];
    else at[last] = value;
  }
  const [, indent = '  '] = /^([ \t]+)\S/m.exec(text) ?? [];
  return `${JSON.stringify(root.file, undefined, indent)}\n`;
};

/** The keys of a JSON pointer. */
const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
