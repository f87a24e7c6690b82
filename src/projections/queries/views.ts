import { sql } from 'slonik';
import { type Projection, viewSchema } from '../projection.ts';
import { alerts } from '../read-models/alerts.ts';
import { applications } from '../read-models/applications.ts';
import { backfills } from '../read-models/backfills.ts';
import { changes } from '../read-models/changes.ts';
import { closures } from '../read-models/closures.ts';
import { erasures } from '../read-models/erasures.ts';
import { executionEnds } from '../read-models/execution-ends.ts';
import { executions } from '../read-models/executions.ts';
import { hooks } from '../read-models/hooks.ts';
import { jobs } from '../read-models/jobs.ts';
import { ledger } from '../read-models/ledger.ts';
import { operations } from '../read-models/operations.ts';
import { rejections } from '../read-models/rejections.ts';
import { schedule } from '../read-models/schedule.ts';
import { tokens } from '../read-models/tokens.ts';

const view = (projection: Projection, name: string) => sql.identifier([viewSchema(projection), name]);

/** The views of the live generations, for the shape that this release reads. */
export const views = {
  alertBooks: view(alerts, 'alert_books'),
  alertRules: view(alerts, 'alert_rules'),
  alerts: view(alerts, 'alerts'),
  applications: view(applications, 'applications'),
  backfills: view(backfills, 'backfills'),
  calendars: view(closures, 'calendars'),
  changes: view(changes, 'changes'),
  erasures: view(erasures, 'erasures'),
  hooks: view(hooks, 'hooks'),
  pauses: view(closures, 'pauses'),
  jobs: view(jobs, 'jobs'),
  jobCounts: view(jobs, 'job_counts'),
  jobVersions: view(jobs, 'job_versions'),
  executions: view(executions, 'executions'),
  executionTerms: view(executions, 'execution_terms'),
  expiredExecutions: view(executions, 'expired_executions'),
  executionEnds: view(executionEnds, 'execution_ends'),
  executionCounts: view(executions, 'execution_counts'),
  executionMinutes: view(executions, 'execution_minutes'),
  calledSlotCounts: view(executions, 'called_slot_counts'),
  operations: view(operations, 'operations'),
  rejections: view(rejections, 'rejections'),
  schedule: view(schedule, 'schedule'),
  tokens: view(tokens, 'tokens'),
  definitionsInForce: view(ledger, 'definitions_in_force'),
  slotRanges: view(ledger, 'slot_ranges'),
  uncalledSlotCounts: view(ledger, 'uncalled_slot_counts'),
} as const;
