import { z } from 'zod';
import { isPlainText } from '../domain/values.ts';

const LONGEST_REASON = 500;

/** Why a caller changes something, where the body says it. */
export const ReasonInput = z
  .string()
  .min(1, 'must not be empty')
  .max(LONGEST_REASON)
  .refine(isPlainText, 'must not contain control characters or unpaired surrogates');
