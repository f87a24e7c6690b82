import { z } from 'zod';

/** The first event of every log: its identity. A copy has its own identity, and names the log that it copies. */
export const LogCreated = z.object({
  type: z.literal('LogCreated'),
  data: z.object({ id: z.uuid(), copyOf: z.uuid().optional() }),
});

/** The heartbeat of an engine that cannot reach Postgres. */
export const EngineBeat = z.object({
  type: z.literal('EngineBeat'),
  data: z.object({ engineId: z.string() }),
});

/**
 * Written once a copy holds every event of the original up to `end`, and again each time that it was brought up to a
 * later end.
 */
export const LogCopied = z.object({
  type: z.literal('LogCopied'),
  data: z.object({
    copyOf: z.uuid(),
    /** Position of the last event of the original. */
    end: z.string(),
    /** Whether its engines may claim without a release; absent in copies that were made before there were releases. */
    released: z.boolean().optional(),
  }),
});

export const ID_KINDS = ['jobs', 'executions', 'applications', 'pauses', 'operations', 'backfills', 'tokens'] as const;
export type IdKind = (typeof ID_KINDS)[number];
/**
 * The ids from `first` to `last` belong to the process that appended this: nobody else gives them out. The next block
 * begins after `last`. A process that stops gives back what it has not used by a block of no ids, whose `last` is before
 * its `first`.
 */
export const IdsReserved = z.object({
  type: z.literal('IdsReserved'),
  data: z.object({ kind: z.enum(ID_KINDS), first: z.int(), last: z.int() }),
});
