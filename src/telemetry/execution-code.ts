import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../domain/codes/execution-error-codes.ts';

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(EXECUTION_ERROR_CODES), ...Object.keys(PASSED_ON_CODES)]);
const STATUS = /^HTTP_([1-5])\d\d$/;

/**
 * The code of a failed execution as metrics tell it: statuses by their hundred (`HTTP_5xx`), and codes that are in no
 * table of ours as `other`, so that there are never more than some fifty.
 */
export const codeLabel = (code: string): string => {
  if (KNOWN.has(code)) return code;
  const [, hundred] = STATUS.exec(code) ?? [];
  return hundred === undefined ? 'other' : `HTTP_${hundred}xx`;
};
