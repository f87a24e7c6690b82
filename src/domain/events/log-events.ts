import { z } from 'zod';
import { Instant, Tenant } from '../values.ts';

/** The first event of every log: its identity. A copy has its own identity and names the original log. */
export const LogCreated = z.object({
  type: z.literal('LogCreated'),
  data: z.object({ id: z.uuid(), copyOf: z.uuid().optional() }),
});

export const EngineHeartbeat = z.object({
  type: z.literal('EngineHeartbeat'),
  data: z.object({ engineId: z.string() }),
});

/** Written when a copy holds every event of the original up to `end`, and again after each catch-up to a later end. */
export const LogCopied = z.object({
  type: z.literal('LogCopied'),
  data: z.object({
    copyOf: z.uuid(),
    /** Position of the last event of the original. */
    end: z.string(),
    /** Whether its engines can claim without a release; absent in copies that were made before releases existed. */
    released: z.boolean().optional(),
  }),
});

export const ID_KINDS = ['jobs', 'executions', 'applications', 'pauses', 'operations', 'backfills', 'tokens'] as const;
export type IdKind = (typeof ID_KINDS)[number];
/**
 * The process that appended this owns the ids from `first` to `last`. The next block begins after `last`. A process that
 * stops returns unused ids with an empty block, whose `last` is before its `first`.
 */
export const IdsReserved = z.object({
  type: z.literal('IdsReserved'),
  data: z.object({ kind: z.enum(ID_KINDS), first: z.int(), last: z.int() }),
});

/** The store of the log. Fields that could not be read are absent. */
export const LogHome = z.object({
  /** The log's own id; a copy has another. */
  logId: z.uuid(),
  /** Kind of log, such as `postgres`. */
  store: z.string(),
  /** System identifier of the Postgres cluster: a standby shares it, a restored dump does not. */
  system: z.string().optional(),
  /** The object id of the database in its cluster. */
  database: z.string().optional(),
  /** Timeline of the cluster: each promotion of a standby and each recovery begins another. */
  timeline: z.int().optional(),
  /** The newest timeline that was left by a point-in-time recovery rather than a failover. */
  recoveredFrom: z.int().optional(),
});
export type LogHome = z.infer<typeof LogHome>;

const Data = z.object({ home: LogHome });

/** An engine began to claim on the log in this store. */
export const HomeRecorded = z.object({ type: z.literal('HomeRecorded'), data: Data });
/** An operator let engines claim on the log in this store. */
export const EnginesReleased = z.object({ type: z.literal('EnginesReleased'), data: Data });

export const HomeEvent = z.discriminatedUnion('type', [HomeRecorded, EnginesReleased]);
export type HomeEvent = z.infer<typeof HomeEvent>;

/** The internal targets that jobs of the installation can call, in place of the setting `ALLOWED_TARGETS`. */
export const AllowedTargets = z.object({
  /** Tenant of the administrator, in whose audit the change is. */
  tenant: Tenant,
  /** As in the setting: hosts, host:port, .suffixes and CIDR ranges. */
  targets: z.array(z.string()),
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type AllowedTargets = z.infer<typeof AllowedTargets>;

/** Carries the list after the change. */
export const AllowedTargetsSet = z.object({ type: z.literal('AllowedTargetsSet'), data: AllowedTargets });
/** The setting applies again. Carries the list before, with who reset it and when. */
export const AllowedTargetsReset = z.object({ type: z.literal('AllowedTargetsReset'), data: AllowedTargets });

export const AllowedTargetsEvent = z.discriminatedUnion('type', [AllowedTargetsSet, AllowedTargetsReset]);
export type AllowedTargetsEvent = z.infer<typeof AllowedTargetsEvent>;

/**
 * The leaves of all trees since the previous such event, up to an instant. Trees can be rebuilt from them after the events
 * are cut.
 */
export const LeavesRecorded = z.object({
  type: z.literal('LeavesRecorded'),
  data: z.object({
    /** All leaves recorded before this instant are kept, by this event or an earlier one. */
    before: Instant,
    /** Position of the event of the last leaf. */
    position: z.string(),
    trees: z.array(
      z.object({
        /** Name of the tree; not validated, because every leaf has one. */
        tenant: z.string(),
        /** Hash, position and time of each leaf, in tree order; base64. */
        leaves: z.base64(),
      }),
    ),
  }),
});

const nameFields = {
  tenant: Tenant,
  name: z.string(),
  /** The job or application that has, had or requested the name. */
  ownerId: z.int(),
};

const reservationData = z.object({
  ...nameFields,
  /** The application within which a job's name is unique; absent for an application's own name. */
  applicationId: z.int().optional(),
});
/** The owner can use the name. Stored, like the release, in the name's own stream. */
export const NameReserved = z.object({ type: z.literal('NameReserved'), data: reservationData });
export const NameReleased = z.object({ type: z.literal('NameReleased'), data: reservationData });

/**
 * The owner lost its reservation of a name that it does not use. Stored in the stream of the job or application, so that an
 * append that would still use the name expects an older revision and fails. The owner itself is unchanged.
 */
export const NameRevoked = z.object({ type: z.literal('NameRevoked'), data: z.object(nameFields) });

export const NameEvent = z.discriminatedUnion('type', [NameReserved, NameReleased, NameRevoked]);
export type NameEvent = z.infer<typeof NameEvent>;
