import type { Random } from './runtime.ts';

/** Exponential backoff: the first pause, and the longest one that doubling may lead to. */
export type Backoff = { readonly firstMs: number; readonly longestMs: number };

/** Returns the pause before the n-th retry, in milliseconds; `retry` counts from 1. */
export const backoffMs = (retry: number, { firstMs, longestMs }: Backoff): number =>
  Math.min(firstMs * 2 ** (retry - 1), longestMs);

/** Shortens a pause by up to half, at random, so that callers that failed together do not retry together. */
export const withFullJitter = (pauseMs: number, random: Random): number => pauseMs * (0.5 + random.fraction() / 2);
