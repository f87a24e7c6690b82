import { z } from 'zod';
import { checkInput, ReasonInput } from '../../commands/parse.ts';
import type { FieldError } from '../../domain/domain-error.ts';
import { UNKNOWN } from '../validate.ts';

const WithReason = z.looseObject({ reason: ReasonInput });

type Taken = { readonly body: unknown; readonly reason?: string; readonly faults?: readonly FieldError[] };

/** Takes the reason of a request out of its body, or what is wrong with it: every body of a change may have one. */
export const takeReason = (body: unknown): Taken => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('reason' in body)) return { body };
  const checked = checkInput(WithReason, body, UNKNOWN);
  const { reason: _, ...own } = body;
  return 'faults' in checked ? { body: own, faults: checked.faults } : { body: own, reason: checked.value.reason };
};
