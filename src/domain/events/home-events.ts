import { z } from 'zod';

/** Which store holds the log. What could not be read of it is absent. */
export const LogHome = z.object({
  /** The log's own id. A copy has another. */
  logId: z.uuid(),
  store: z.enum(['memory', 'postgres', 'eventstoredb']),
  /** The system identifier of the Postgres cluster: a standby shares it, a restored dump does not. */
  system: z.string().optional(),
  /** The object id of the database in its cluster. */
  database: z.string().optional(),
  /** The cluster's timeline: each promotion of a standby and each recovery begins another. */
  timeline: z.int().optional(),
  /** The newest timeline that a recovery to a point in time has left, rather than a failover. */
  recoveredFrom: z.int().optional(),
});
export type LogHome = z.infer<typeof LogHome>;

const Data = z.object({ home: LogHome });

/** An engine began to claim on the log at this home. */
export const HomeRecorded = z.object({ type: z.literal('HomeRecorded'), data: Data });
/** Somebody let the engines claim on the log at this home. */
export const EnginesReleased = z.object({ type: z.literal('EnginesReleased'), data: Data });

export const HomeEvent = z.discriminatedUnion('type', [HomeRecorded, EnginesReleased]);
export type HomeEvent = z.infer<typeof HomeEvent>;
