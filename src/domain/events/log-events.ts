import { z } from 'zod';
import { Instant, Tenant } from '../values.ts';

/** The first event of every log: its identity. A copy has its own identity, and names the log that it copies. */
export const LogCreated = z.object({
  type: z.literal('LogCreated'),
  data: z.object({ id: z.uuid(), copyOf: z.uuid().optional() }),
});

/** The heartbeat of an engine that cannot reach Postgres. */
export const EngineHeartbeat = z.object({
  type: z.literal('EngineHeartbeat'),
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

/** Which store holds the log. What could not be read of it is absent. */
export const LogHome = z.object({
  /** The log's own id. A copy has another. */
  logId: z.uuid(),
  /** The name of the kind of log, such as `postgres`. */
  store: z.string(),
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

/**
 * The leaves of all trees that follow those of the event before, up to an instant, so that these trees can be made again
 * when the events themselves are cut.
 */
export const LeavesRecorded = z.object({
  type: z.literal('LeavesRecorded'),
  data: z.object({
    /** Every leaf that was recorded before is kept, by this event or an earlier one. */
    before: Instant,
    /** Position of the event of the last one of these leaves. */
    position: z.string(),
    trees: z.array(
      z.object({
        /** As a tree names it: not checked again, as every leaf has one. */
        tenant: z.string(),
        /** Hash, position and time of each leaf, in the order of the tree; base64. */
        leaves: z.base64(),
      }),
    ),
  }),
});

const nameFields = {
  tenant: Tenant,
  name: z.string(),
  /** The job or application that has, had or was to have the name. */
  ownerId: z.int(),
};

const reservationData = z.object({
  ...nameFields,
  /** The application in which a job's name is unique; absent for an application's own name. */
  applicationId: z.int().optional(),
});
/** The owner may use the name. Stands in the name's own stream, as its release does. */
export const NameReserved = z.object({ type: z.literal('NameReserved'), data: reservationData });
export const NameReleased = z.object({ type: z.literal('NameReleased'), data: reservationData });

/**
 * The owner lost its reservation of a name that it does not use. Stands in the stream of the job or application, so that
 * an append that would still give it the name expects an older revision and loses. The owner itself stays as it is.
 */
export const NameRevoked = z.object({ type: z.literal('NameRevoked'), data: z.object(nameFields) });

export const NameEvent = z.discriminatedUnion('type', [NameReserved, NameReleased, NameRevoked]);
export type NameEvent = z.infer<typeof NameEvent>;
