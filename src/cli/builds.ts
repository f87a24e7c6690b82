import { z } from 'zod';

const ShownComparison = z.object({
  differences: z.int(),
  first: z.array(
    z.object({
      table: z.string(),
      key: z.record(z.string(), z.unknown()),
      kind: z.enum(['missing', 'extra', 'different']),
      columns: z.array(z.object({ column: z.string(), live: z.string(), log: z.string() })).optional(),
    }),
  ),
});
export type ShownComparison = z.infer<typeof ShownComparison>;

const Build = z.object({
  generation: z.int(),
  phase: z.enum(['waiting', 'reading', 'indexing', 'comparing', 'done']),
  progress: z.number(),
  eventsPerSecond: z.int().optional(),
  secondsLeft: z.int().optional(),
  comparison: ShownComparison.optional(),
});
export type Build = z.infer<typeof Build>;

export const Projections = z.array(
  z.object({
    name: z.string(),
    build: Build.optional(),
    building: z.object({ stopped: z.object({ because: z.string() }).optional() }).optional(),
  }),
);
export const Started = z.array(z.object({ name: z.string(), generation: z.int() }));
export const BuildPlan = z.array(
  z.object({ name: z.string(), events: z.int(), sizeBytes: z.int(), estimatedSeconds: z.int() }),
);
export type BuildPlan = z.infer<typeof BuildPlan>;
