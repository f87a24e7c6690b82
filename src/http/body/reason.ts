import { z } from 'zod';
import { ReasonInput } from '../../commands/parse.ts';
import { validateFit } from '../validate.ts';

const WithReason = z.looseObject({ reason: ReasonInput });

/**
 * Takes the reason of a request out of its body: every body of a change may have one.
 * @throws Refusal BAD_INPUT
 */
export const takeReason = (body: unknown): { readonly body: unknown; readonly reason?: string } => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('reason' in body)) return { body };
  const { reason, ...own } = validateFit('BAD_INPUT', WithReason, body);
  return { body: own, reason };
};
