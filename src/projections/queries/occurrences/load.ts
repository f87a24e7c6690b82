import { sql } from 'slonik';
import { z } from 'zod';
import { QueryTooSlow, type RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { runsOfTail } from '../../../domain/execution/tail.ts';
import { parseRules, rulesOf } from '../../../domain/job/rules.ts';
import { type DefinitionPeriod, SlotDefinition } from '../../../domain/ledger/periods.ts';
import { compileKey, jobSlots, type Schedule, scheduleKey } from '../../../domain/schedule/index.ts';
import { toInstant } from '../../../domain/values.ts';
import { scheduleRecord } from '../../read-models/schedule-fold.ts';
import { bigint, json } from '../row.ts';
import { isOfBoundJob, visible } from '../scope.ts';
import { views } from '../views.ts';
import type { JobRuns, SlotLedger, SlotSearch } from './slots.ts';

const PeriodRow = z.object({
  job_id: bigint,
  job_revision: bigint,
  has_slots: z.boolean(),
  definition: json.pipe(SlotDefinition),
  in_force_from: z.number(),
  in_force_until: z.number().nullable(),
});

/** The periods of each job, oldest first. */
export type Periods = ReadonlyMap<number, readonly DefinitionPeriod[]>;

/** Maximum to load: more would take too much memory. */
const MAX_PERIODS = 100_000;

/**
 * Loads the definitions that were active in the time of a search, by job. A search for one job also gets the definitions
 * that disabled it, up to now.
 * @param jobIds all jobs, if undefined
 * @throws QueryTooSlow if there are too many definitions
 */
export const loadPeriods = async (
  { reader, nowMs, periods: source }: Pick<SlotLedger, 'reader' | 'nowMs' | 'periods'>,
  { scope, jobId, after, untilMs }: SlotSearch,
  jobIds: readonly number[] | undefined,
): Promise<Periods> => {
  const ofJobs = jobIds === undefined ? sql.fragment`` : sql.fragment`AND job_id = ANY (${sql.array(jobIds, 'int8')})`;
  const rows = await reader.any(sql.type(PeriodRow)`
    SELECT job_id, job_revision, has_slots, definition, in_force_from, in_force_until
    FROM ${source} AS period JOIN ${visible(scope)} USING (tenant)
    WHERE ${jobId === undefined ? sql.fragment`has_slots` : sql.fragment`(has_slots OR ${isOfDisabledJob})`}
      ${ofJobs} AND ${isOfBoundJob(scope, sql.fragment`period`)}
      AND in_force_from < ${toInstant(untilMs)}::timestamptz
      AND (in_force_until IS NULL OR in_force_until >= ${toInstant(after.slotMs)}::timestamptz)
    ORDER BY job_id, job_revision LIMIT ${MAX_PERIODS + 1}`);
  if (rows.length > MAX_PERIODS) {
    throw new QueryTooSlow(`more than ${MAX_PERIODS} definitions were active in this time span. Request one job.`);
  }
  const compiled = compileOnce();
  const periods = new Map<number, DefinitionPeriod[]>();
  for (const row of rows) {
    const ofJob = periods.get(row.job_id) ?? [];
    periods.set(row.job_id, ofJob);
    const rules = rulesOf(row.definition);
    const untilMs = row.in_force_until ?? Number.POSITIVE_INFINITY;
    ofJob.push(
      defined({
        jobRevision: row.job_revision,
        isDisabled: row.has_slots ? undefined : (true as const),
        afterMs: row.in_force_from,
        // A disabled job has no future slots.
        untilMs: row.has_slots ? untilMs : Math.min(untilMs, nowMs),
        slots: jobSlots({ schedule: compiled(row.definition), jobId: row.job_id, jitterMs: rules.jitterMs }),
        rules,
      }),
    );
  }
  return periods;
};

/** For a `period` without slots: its job was disabled, not deleted. */
export const isOfDisabledJob = sql.fragment`NOT has_slots AND EXISTS (
  SELECT FROM ${views.jobVersions} AS version
  WHERE version.job_id = period.job_id AND version.revision = period.job_revision AND version.type <> 'JobDeleted')`;

/**
 * Compiles each text once. The cache of the engine is not used, because a pass over many jobs would displace its entries.
 */
const compileOnce = (): ((definition: SlotDefinition) => Schedule) => {
  const known = new Map<string, Schedule>();
  return (definition) => {
    const key = scheduleKey(definition);
    const schedule = known.get(key) ?? compileKey(key);
    known.set(key, schedule);
    return schedule;
  };
};

const ofRuns = scheduleRecord.only(
  ...(['jobId', 'tenant', 'applicationId', 'scheduleFields', 'rules', 'target', 'labels', 'tail'] as const),
);

/** Runs of those of these jobs that the caller can see. */
export const loadRuns = async (
  reader: RowReader,
  jobIds: ReadonlySet<number>,
): Promise<ReadonlyMap<number, JobRuns>> => {
  if (jobIds.size === 0) return new Map();
  const rows = await reader.any(sql.type(ofRuns.row)`
    SELECT ${ofRuns.selected} FROM ${views.schedule} AS scheduled
    WHERE job_id = ANY (${sql.array([...jobIds], 'int8')})`);
  return new Map(
    rows.flatMap(({ tail, scheduleFields: { timezone }, rules, target, labels, ...job }) => {
      if (tail === null) return [];
      const calendar = rules === null ? undefined : parseRules(rules).calendar;
      const closable = { ...job, timezone, calendar, target: target ?? undefined, labelsText: labels ?? undefined };
      return [[job.jobId, { runs: runsOfTail(tail), closable }] as const];
    }),
  );
};
