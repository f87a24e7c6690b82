import { z } from 'zod';

/** Schemas of what is shown of read models and of what builds them. */

const BuildPurpose = z.enum(['rebuild', 'verify']);
/** What a generation is built for: to become the live one, or to be compared with it and dropped. */
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
  /** `missing`: only the log says so; `extra`: only the live row. */
  kind: z.enum(['missing', 'extra', 'different']),
  /** Of a row that is different: what is, at most 200 characters of each value. */
  columns: z.array(z.object({ column: z.string(), live: z.string(), log: z.string() })).optional(),
});
/** A row that is not the same in the live tables and in those that were built from the log. */
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
  /** Until the log is read; indexes come after. Absent when nothing is known of it. */
  remainingMs: z.int().optional(),
  /** What was not the same in the live tables and in those built from the log, at this position of it. */
  comparison: z.object({ position: z.string(), differences: z.int(), first: z.array(RowDifference) }).optional(),
});
/** The newest rebuild or verification of a projection, under way or done. */
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
  /** The first 100 streams with events that can't be read and are missing in this projection, from the first of them on. */
  parked: z.array(
    z.object({ stream: z.string(), revision: z.int(), type: z.string(), since: z.string(), reason: z.string() }),
  ),
});
export type ProjectionView = z.infer<typeof ProjectionView>;

/** A projection that has stopped or could not be created. */
export type StoppedProjection = { readonly name: string; readonly reason: string };

export const BuildStarted = z.object({ name: z.string(), generation: z.int() });
export type BuildStarted = z.infer<typeof BuildStarted>;

/** What a rebuild of a projection would do. */
export const RebuildPlan = z.object({
  name: z.string(),
  /** Events to read at the most: those that came to the live generation. Some are for other read models. */
  events: z.int(),
  /** Of the live tables and their indexes; as much is needed beside them meanwhile. */
  sizeBytes: z.int(),
  /** By the rate of the last build of it, or else by 30,000 events a second. */
  estimatedMs: z.int(),
});
export type RebuildPlan = z.infer<typeof RebuildPlan>;
