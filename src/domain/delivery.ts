import { defined } from './defined.ts';
import type { DeliveryProgress, HttpCallResult } from './events/index.ts';
import { isSealed, toInstant } from './values.ts';

export type AttemptOutcome =
  | { readonly kind: 'delivered'; readonly response: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly response?: string };

const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 15 * 60_000;

type Attempt = {
  readonly outcome: AttemptOutcome;
  readonly nowMs: number;
  /** No attempt is made after this instant. */
  readonly untilMs: number;
};

/** Returns the delivery's state after an attempt. Pauses between attempts double, up to 15 minutes. */
export const afterAttempt = (
  { attempts: before }: Pick<DeliveryProgress, 'attempts'>,
  { outcome, nowMs, untilMs }: Attempt,
): DeliveryProgress => {
  const attempts = before + 1;
  const { response } = outcome;
  const done = { attempts, lastAt: toInstant(nowMs), ...defined({ response }) };
  if (outcome.kind === 'delivered') return { ...done, status: 'delivered' };
  const { code, message } = outcome;
  const failed = { ...done, error: { code, message } };
  const nextMs = nowMs + Math.min(FIRST_PAUSE_MS * 2 ** before, MAX_PAUSE_MS);
  return nextMs > untilMs
    ? { ...failed, status: 'abandoned' }
    : { ...failed, status: 'pending', nextAt: toInstant(nextMs) };
};

const MAX_RESPONSE = 200;

/** A response's status and the beginning of its body, on one line; only the status if the body is sealed. */
export const responseToText = ({ status, data }: Pick<HttpCallResult, 'status' | 'data'>): string => {
  const body = data === null || isSealed(data) ? '' : typeof data === 'string' ? data : JSON.stringify(data);
  return `${status} ${body
    .slice(0, MAX_RESPONSE)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed()}`.trim();
};
