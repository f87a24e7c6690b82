import type { Projection } from './projection.ts';
import { alerts } from './read-models/alerts.ts';
import { backfills } from './read-models/backfills.ts';
import { changes } from './read-models/changes.ts';
import { documents } from './read-models/documents.ts';
import { executions } from './read-models/executions.ts';
import { hooks } from './read-models/hooks.ts';
import { jobs } from './read-models/jobs.ts';
import { ledger } from './read-models/ledger.ts';
import { offers } from './read-models/offers.ts';
import { rejections } from './read-models/rejections.ts';
import { schedule } from './read-models/schedule.ts';
import { tree } from './read-models/tree.ts';

export const allProjections: readonly Projection[] = [
  documents,
  jobs,
  schedule,
  executions,
  ledger,
  backfills,
  alerts,
  changes,
  rejections,
  hooks,
  offers,
];

/** Read models of the log's stored texts. No request waits for them. */
export const verbatimProjections: readonly Projection[] = [tree];

/** All projections of a process with the role `projections`. */
export const everyProjection: readonly Projection[] = [...allProjections, ...verbatimProjections];
