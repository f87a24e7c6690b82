import { z } from 'zod';

/** The first event of every log: its identity. A copy has one of its own, and names the log it was made of. */
export const LogCreated = z.object({
  type: z.literal('LogCreated'),
  data: z.object({ id: z.uuid(), copyOf: z.uuid().optional() }),
});

/** An engine that can't reach Postgres says that it lives. */
export const EngineBeat = z.object({
  type: z.literal('EngineBeat'),
  data: z.object({ engineId: z.string() }),
});

/**
 * What follows the identity of a copy once all is there: every event of the log it was made of, up to that log's end.
 * Stands again after each time that the copy was brought up to a later end.
 */
export const LogCopied = z.object({
  type: z.literal('LogCopied'),
  data: z.object({
    copyOf: z.uuid(),
    /** Position of the last event of the original. */
    end: z.string(),
  }),
});

export const ID_KINDS = ['jobs', 'executions', 'applications'] as const;
export type IdKind = (typeof ID_KINDS)[number];
/** Ids first…last belong to whoever appended this, and are never given out again. */
export const IdsReserved = z.object({
  type: z.literal('IdsReserved'),
  data: z.object({ kind: z.enum(ID_KINDS), first: z.int(), last: z.int() }),
});
