import { z } from 'zod';

/** Schemas of read models and their builds. */

const BuildPurpose = z.enum(['rebuild', 'verify']);
/** The purpose of a generation: to become the live one, or to be compared with it and dropped. */
export type BuildPurpose = z.infer<typeof BuildPurpose>;

export type BuildOrder = {
  readonly purpose: BuildPurpose;
  /** Whether it is compared with the live one. */
  readonly compares: boolean;
};

const BuildPhase = z.enum(['waiting', 'reading', 'indexing', 'comparing', 'done']);
export type BuildPhase = z.infer<typeof BuildPhase>;

const Stop = z.object({ since: z.iso.datetime(), reason: z.string() });

const GenerationView = z.object({
  generation: z.int(),
  position: z.string().optional(),
  updatedAt: z.iso.datetime(),
  /** The share of the log that it has handled. */
  progress: z.number().min(0).max(1),
  /** Set if it has stopped and does not retry. */
  stopped: Stop.optional(),
});
export type GenerationView = z.infer<typeof GenerationView>;

const RowDifference = z.object({
  table: z.string(),
  /** The primary key of the row. */
  key: z.record(z.string(), z.unknown().meta({ description: 'Any JSON value' })),
  /** `missing`: only in the log; `extra`: only in the live row. */
  kind: z.enum(['missing', 'extra', 'different']),
  /** The differing columns of a row, with up to 200 characters of each value. */
  columns: z.array(z.object({ column: z.string(), live: z.string(), log: z.string() })).optional(),
});
/** A row that differs between the live tables and those built from the log. */
export type RowDifference = z.infer<typeof RowDifference>;

const BuildView = z.object({
  generation: z.int(),
  purpose: BuildPurpose,
  phase: BuildPhase,
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** The share of the log that it has read. */
  progress: z.number().min(0).max(1),
  eventsPerSecond: z.int().optional(),
  /** Until the log is read; indexes follow. Absent if unknown. */
  remainingMs: z.int().optional(),
  /** The differences between the live tables and those built from the log, at this position. */
  comparison: z.object({ position: z.string(), differences: z.int(), first: z.array(RowDifference) }).optional(),
});
/** The newest rebuild or verification of a projection, running or done. */
export type BuildView = z.infer<typeof BuildView>;

export const ProjectionView = z.object({
  name: z.string(),
  shape: z.string(),
  status: z.enum(['absent', 'live', 'stopped']),
  /** Why it has stopped, or why its tables could not be created. */
  stopped: Stop.optional(),
  live: GenerationView.optional(),
  building: GenerationView.optional(),
  build: BuildView.optional(),
  /** Position of the log's last event. */
  logEnd: z.string().optional(),
  /** The first 100 streams with unreadable events, which this projection lacks from the first of them on. */
  parked: z.array(
    z.object({ stream: z.string(), revision: z.int(), type: z.string(), since: z.string(), reason: z.string() }),
  ),
});
export type ProjectionView = z.infer<typeof ProjectionView>;

/** A projection that has stopped or could not be created. */
export type StoppedProjection = { readonly name: string; readonly reason: string };

export const BuildStarted = z.object({ name: z.string(), generation: z.int() });
export type BuildStarted = z.infer<typeof BuildStarted>;

/** The effects of a rebuild of a projection. */
export const RebuildPlan = z.object({
  name: z.string(),
  /** Maximum events to read: those of the live generation. Some are for other read models. */
  events: z.int(),
  /** Size of the live tables and their indexes; as much space is needed in addition during the rebuild. */
  sizeBytes: z.int(),
  /** By the rate of its last build, or else 30,000 events per second. */
  estimatedMs: z.int(),
});
export type RebuildPlan = z.infer<typeof RebuildPlan>;
