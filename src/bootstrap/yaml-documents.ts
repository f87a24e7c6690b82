import { type Document, isAlias, isCollection, isNode, isPair, isScalar, parseAllDocuments } from 'yaml';
import { DEEPEST } from '../domain/json.ts';
import { MAX_VALUES } from './bounds.ts';

/** Well above legitimate use, such as `<<: *usual` in each of 10,000 jobs. */
const MAX_ALIASES = 20_000;

/** Marks an anchor that is used within its own value. */
const UNFINISHED = Number.POSITIVE_INFINITY;

/** Checks the number of values after aliases are resolved, before resolving them. @throws Error */
const checkAliases = ({ contents }: Document.Parsed): void => {
  const sizes = new Map<string, number>();
  let aliases = 0;
  const sizeOf = (node: unknown, depth: number): number => {
    if (depth > DEEPEST + 1) throw new Error(`is nested deeper than ${DEEPEST} levels`);
    if (isAlias(node)) {
      aliases += 1;
      if (aliases > MAX_ALIASES) throw new Error(`has more than ${MAX_ALIASES} aliases`);
      const size = sizes.get(node.source);
      if (size === undefined) throw new Error(`is not valid YAML: the alias *${node.source} has no anchor before it`);
      if (size === UNFINISHED) throw new Error(`refers to itself by the alias *${node.source}`);
      return size;
    }
    if (isPair(node)) return sizeOf(node.value, depth) + (isScalar(node.key) ? 0 : sizeOf(node.key, depth));
    const anchor = isNode(node) && !isAlias(node) ? node.anchor : undefined;
    if (anchor !== undefined) sizes.set(anchor, UNFINISHED);
    let size = 1;
    if (isCollection(node)) for (const item of node.items) size += sizeOf(item, depth + 1);
    if (size > MAX_VALUES) throw new Error(`it has more than ${MAX_VALUES} values`);
    if (anchor !== undefined) sizes.set(anchor, size);
    return size;
  };
  sizeOf(contents, 0);
};

const documentOf = (document: Document.Parsed): unknown => {
  const [fault] = [...document.errors, ...document.warnings];
  if (fault?.message.startsWith('Maximum call stack')) throw new Error(`is nested deeper than ${DEEPEST} levels`);
  // Further lines of the message repeat lines of the file.
  if (fault !== undefined) throw new Error(`is not YAML: ${(fault.message.split('\n')[0] ?? '').replace(/:$/, '')}`);
  checkAliases(document);
  return document.toJS({ maxAliasCount: -1 });
};

/**
 * Parses YAML 1.2 with merge keys (`<<`). The time can grow with the square of the text.
 * @returns the documents, with integers as `bigint`
 * @throws Error that states what is wrong with the text
 */
export const yamlDocuments = (text: string): unknown[] =>
  [...parseAllDocuments(text, { intAsBigInt: true, merge: true, prettyErrors: true })].map(documentOf);
