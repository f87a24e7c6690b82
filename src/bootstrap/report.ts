import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import type { Difference } from '../domain/difference.ts';
import { maskSealed } from '../domain/redaction/mask.ts';
import { Instant } from '../domain/values.ts';
import type { JobView } from '../projections/queries/jobs-row.ts';
import { RESOURCE_KINDS, WHOLE_APPLICATION } from './app-resources.ts';
import type { JobAction, Plan } from './plan.ts';
import type { AppResourceAction } from './plan-app-resources.ts';

const Json = z.unknown().meta({ description: 'Any JSON value' });
const reported = {
  name: z.string(),
  /** Absent if the application or job does not exist yet. */
  id: z.int().optional(),
  reason: z.string().optional().meta({ description: 'The reason for skipping it' }),
  by: z.string().optional().meta({ description: 'The actor of the last change, if it exists and differs' }),
  at: Instant.optional().meta({ description: 'The time of the last change' }),
  /** The fields that differ, including those of skipped resources; secrets are masked. */
  changes: z.array(z.object({ pointer: z.string(), before: Json.optional(), after: Json.optional() })).optional(),
};

const ReportedJob = z.object({
  action: z.enum(['create', 'update', 'keep', 'skip', 'delete', 'ignore']),
  ...reported,
  warnings: z.array(z.string()).optional(),
});

export type ReportedJob = z.infer<typeof ReportedJob>;
const ReportedAppResource = z.object({
  kind: z.enum(RESOURCE_KINDS),
  action: z.enum(['create', 'update', 'keep', 'skip', 'delete']),
  ...reported,
  name: z.string().meta({ description: 'The name; for a pause, its job or application' }),
});

export type ReportedAppResource = z.infer<typeof ReportedAppResource>;
const ReportedApplication = z.object({
  tenant: z.string(),
  action: z.enum(['create', 'update', 'keep', 'skip']),
  ...reported,
  resources: z
    .array(ReportedAppResource)
    .optional()
    .meta({ description: 'The other resources of the application in its files' }),
  jobs: z.array(ReportedJob),
});

export type ReportedApplication = z.infer<typeof ReportedApplication>;

/** Response of `POST /bootstrap`. */
export const BootstrapReport = z
  .object({ applied: z.boolean(), applications: z.array(ReportedApplication) })
  .meta({ id: 'BootstrapReport' });
export type BootstrapReport = z.infer<typeof BootstrapReport>;

/**
 * Converts a plan to the report for callers.
 * @param created ids of the created jobs by name
 */
export const reportOf = (
  { desired: { tenant, name }, application, jobs, resources }: Plan,
  created: ReadonlyMap<string, number> = new Map(),
): ReportedApplication => {
  const { kind: action, ...about } = application;
  const others = resources.map((each) => reportBelonging(each, name));
  return {
    ...{ tenant, name, action, ...about },
    ...(others.length === 0 ? {} : { resources: others }),
    jobs: jobs.map((job) => reportJob(job, created)),
  };
};

const reportBelonging = (action: AppResourceAction, application: string): ReportedAppResource => {
  const { kind, name } = 'wanted' in action ? action.wanted : action.stored;
  const about = { kind, name: name === WHOLE_APPLICATION ? application : name, action: action.kind };
  switch (action.kind) {
    case 'create':
    case 'keep':
      return about;
    case 'delete':
      return { ...about, by: action.stored.by, at: action.stored.at };
    case 'update':
      return { ...about, by: action.stored.by, at: action.stored.at, changes: [...action.changes] };
    case 'skip': {
      const { reason, stored, changes } = action;
      const last = stored && { by: stored.by, at: stored.at };
      return { ...about, reason, ...last, ...(changes.length === 0 ? {} : { changes: [...changes] }) };
    }
  }
};

const reportJob = (action: JobAction, created: ReadonlyMap<string, number>): ReportedJob => {
  const { kind, name } = action;
  switch (action.kind) {
    case 'create': {
      const id = created.get(name);
      return { name, action: kind, ...defined({ id }), ...warningsOf(action.desired.warnings) };
    }
    case 'update':
      return {
        name,
        action: kind,
        ...lastOf(action.current),
        changes: action.changes.map(shown),
        ...warningsOf(action.desired.warnings),
      };
    case 'skip': {
      const changes = action.changes.length === 0 ? {} : { changes: action.changes.map(shown) };
      return { name, action: kind, reason: action.reason, ...(action.current && lastOf(action.current)), ...changes };
    }
    case 'ignore':
    case 'delete':
      return { name, action: kind, ...lastOf(action.current) };
    case 'keep':
      return { name, action: kind, id: action.current.job.jobId };
  }
};

/** Who changed a job last. */
const lastOf = ({ job }: JobView) => ({ id: job.jobId, by: job.updatedBy, at: job.updatedAt });

const warningsOf = (warnings: readonly string[]) => (warnings.length === 0 ? {} : { warnings: [...warnings] });

const shown = ({ pointer, ...values }: Difference): Difference => ({
  pointer,
  ...Object.fromEntries(Object.entries(values).map(([side, value]) => [side, maskSealed(value)])),
});
