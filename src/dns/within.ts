import type { ResolveFor } from '../domain/targets/index.ts';
import { awaitWithin } from '../within.ts';
import type { Timers } from '../world.ts';

/** Limits each lookup to `limitMs`. A lookup that takes longer resolves to no address. */
export const resolveWithin =
  (timers: Timers, limitMs: number, resolveFor: ResolveFor): ResolveFor =>
  (tenant) =>
  async (hostname) =>
    (await awaitWithin(timers, limitMs, resolveFor(tenant)(hostname))) ?? [];
