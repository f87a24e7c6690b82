import { z } from 'zod';
import { Instant, Tenant } from '../values.ts';

/** Whose stream of refusals it is in; absent: the installation's, as nobody knows who asked. */
const ofTenant = { tenant: Tenant.exactOptional() };

/**
 * Requests of one kind and one source that were refused in one minute, counted since they were last recorded; where there
 * were too many kinds, those of one code and operation, with what else they share.
 */
export const RequestsRefused = z.object({
  type: z.literal('RequestsRefused'),
  data: z.object({
    ...ofTenant,
    code: z.string(),
    /** The operation of the API that was asked for; absent where it is none. */
    action: z.string().exactOptional(),
    /** The path of the first one; of a known caller only. */
    path: z.string().exactOptional(),
    actor: z.string().exactOptional(),
    /** The address that they came from, as the process saw it. */
    from: z.string().exactOptional(),
    minute: Instant,
    count: z.int().positive(),
    /** When the last of them was refused. */
    lastAt: Instant,
    /** Of the first one. */
    requestId: z.string(),
  }),
});

/** Refusals before this instant are kept no longer. */
export const RefusalsCut = z.object({
  type: z.literal('RefusalsCut'),
  data: z.object({ ...ofTenant, before: Instant }),
});

export const RefusalEvent = z.discriminatedUnion('type', [RequestsRefused, RefusalsCut]);
export type RefusalEvent = z.infer<typeof RefusalEvent>;
