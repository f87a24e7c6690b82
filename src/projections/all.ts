import type { Projection } from './projection.ts';
import { alerts } from './read-models/alerts.ts';
import { applications } from './read-models/applications.ts';
import { backfills } from './read-models/backfills.ts';
import { changes } from './read-models/changes.ts';
import { closures } from './read-models/closures.ts';
import { erasures } from './read-models/erasures.ts';
import { executionEnds } from './read-models/execution-ends.ts';
import { executions } from './read-models/executions.ts';
import { hooks } from './read-models/hooks.ts';
import { jobs } from './read-models/jobs.ts';
import { ledger } from './read-models/ledger.ts';
import { operations } from './read-models/operations.ts';
import { rejections } from './read-models/rejections.ts';
import { schedule } from './read-models/schedule.ts';
import { tokens } from './read-models/tokens.ts';
import { tree } from './read-models/tree.ts';

export const allProjections: readonly Projection[] = [
  applications,
  jobs,
  schedule,
  executions,
  ledger,
  closures,
  operations,
  backfills,
  tokens,
  erasures,
  alerts,
  changes,
  rejections,
  executionEnds,
  hooks,
];

/** Read models of the log's texts as they are stored. No request waits for them. */
export const verbatimProjections: readonly Projection[] = [tree];

/** All that a process with the role `projections` runs. */
export const everyProjection: readonly Projection[] = [...allProjections, ...verbatimProjections];
