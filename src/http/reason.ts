import type { Request } from 'express';
import { refuseField } from '../domain/refusal.ts';
import { isPlainText } from '../domain/values.ts';

const LONGEST_REASON = 500;

/**
 * Reads the caller's reason for a change from the header `Carillon-Reason`, which is percent-encoded UTF-8.
 * @throws Refusal BAD_INPUT
 */
export const readReason = (request: Request): string | undefined => {
  const given = request.get('carillon-reason');
  if (given === undefined) return undefined;
  const reason = decoded(given);
  if (reason !== undefined && reason.length >= 1 && reason.length <= LONGEST_REASON && isPlainText(reason))
    return reason;
  const message = `must be 1 to ${LONGEST_REASON} characters of percent-encoded UTF-8, none of them a control character`;
  throw refuseField('BAD_INPUT', '/carillon-reason', message);
};

/** The header decoded; undefined where it is not percent-encoded UTF-8. */
const decoded = (header: string): string | undefined => {
  if (!/^[\x20-\x7e]*$/.test(header)) return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return undefined;
  }
};
