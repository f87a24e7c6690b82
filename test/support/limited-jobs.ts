import { initialRuns } from '../../src/domain/execution/tail.ts';
import { rulesOf } from '../../src/domain/job/rules.ts';
import type { EngineJob } from '../../src/engine/jobs/job-records.ts';

/** A job whose definition and runs the test changes, like events would. */
export type ChangedJob = { -readonly [Field in keyof EngineJob]: EngineJob[Field] };

/** A job of an engine that names the limit crm. */
export const aLimitedJob = (jobId: number): ChangedJob => ({
  jobId,
  tenant: 'acme',
  applicationId: 3,
  status: 'enabled',
  jobRevision: 0,
  scheduleKey: undefined,
  slots: undefined,
  target: undefined,
  labelsText: undefined,
  rules: rulesOf({ limit: 'crm' }),
  runs: initialRuns,
  runsRevision: 0,
  heardRevision: 0,
  dueMs: 0,
  busy: false,
  failures: 0,
  notBeforeMs: 0,
  waits: false,
  waitedForOpen: false,
});
