import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../../src/domain/codes/execution-error-codes.ts';
import { formatCode } from './codes.ts';

type ErrorText = { readonly meaning: string; readonly remedy: string };

const TEXTS: Readonly<Record<string, ErrorText>> = { ...EXECUTION_ERROR_CODES, ...PASSED_ON_CODES };

/** Short meaning of a code. */
export const formatError = (code: string): string =>
  errorTextOf(code)
    ?.meaning.replace(/\.( .*)?$/, '')
    .replaceAll('`', '') ?? formatCode(code);

/** Meaning and remedy of a failed execution's code; `undefined` if the code is unknown. */
export const errorTextOf = (code: string): ErrorText | undefined => {
  const text = TEXTS[/^HTTP_\d{3}$/.test(code) ? 'HTTP_<status>' : code];
  return text && { meaning: withoutLinks(text.meaning), remedy: withoutLinks(text.remedy) };
};

/** Replaces links of docs/reference/codes.md with the paths of their files. */
const withoutLinks = (text: string): string => text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, 'docs/$1');
