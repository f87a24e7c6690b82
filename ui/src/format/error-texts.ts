import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../../src/domain/codes/execution-error-codes.ts';
import { formatCode } from './codes.ts';

type ErrorText = { readonly meaning: string; readonly remedy: string };

const TEXTS: Readonly<Record<string, ErrorText>> = { ...EXECUTION_ERROR_CODES, ...PASSED_ON_CODES };

/** What a code means, in a few words. */
export const formatError = (code: string): string =>
  errorTextOf(code)
    ?.meaning.replace(/\.( .*)?$/, '')
    .replaceAll('`', '') ?? formatCode(code);

/** What a code of a failed execution means, and what to do; undefined for an unknown code. */
export const errorTextOf = (code: string): ErrorText | undefined => {
  const text = TEXTS[/^HTTP_\d{3}$/.test(code) ? 'HTTP_<status>' : code];
  return text && { meaning: withoutLinks(text.meaning), remedy: withoutLinks(text.remedy) };
};

/** Replaces links of docs/reference/codes.md with the paths of their files. */
const withoutLinks = (text: string): string => text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, 'docs/$1');
