/** Files that don't follow docs/writing.md yet. A file that does must be removed from this list. */
export const UNCONVERTED: readonly string[] = [
  'docs/reference/commands.md',
  'docs/reference/event-types.md',
  'docs/reference/metrics.md',
  'ops/prometheus/alerts.test.yml',
  'src/engine/call/errors.ts',
  'src/engine/run/call-outcome.ts',
  'src/engine/run/reaper.ts',
  'src/event-store/eventstoredb/batch-stream.ts',
  'src/event-store/postgres/connection.ts',
  'src/projections/failures.ts',
  'src/projections/queries/occurrences/load.ts',
  'src/projections/queries/overview/hours.ts',
  'src/projections/queries/records/history.ts',
  'src/projections/queries/slots/upcoming-slots.ts',
  'src/projections/read-models/executions-months.ts',
];
