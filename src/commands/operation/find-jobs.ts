import type { JobSelection } from '../../domain/events/index.ts';
import type { IdRanges } from '../../domain/id-ranges.ts';
import type { Tenant } from '../../domain/values.ts';
import type { Logger } from '../../runtime/runtime.ts';
import { type AwaitReadModelsDeps, awaitReadModels } from '../await-read-models.ts';

/** Whose jobs are looked for; `applications` undefined: those of all. */
export type JobsScope = { readonly tenant: Tenant; readonly applications?: readonly number[] };

/** Finds all jobs that match a filter; undefined where the read models cannot say so in time. */
export type FindJobs = (scope: JobsScope, filter: JobSelection) => Promise<IdRanges | undefined>;

type FindJobsDeps = AwaitReadModelsDeps & {
  readonly queries: { findJobs(scope: JobsScope, filter: JobSelection): Promise<IdRanges> };
  readonly log: Logger;
};

export const findJobsBy =
  ({ store, queries, log }: FindJobsDeps): FindJobs =>
  async (scope, filter) => {
    try {
      return (await awaitReadModels({ store, queries })) ? await queries.findJobs(scope, filter) : undefined;
    } catch (error) {
      log.warn({ error }, 'the jobs of a bulk operation could not be read at its start');
      return undefined;
    }
  };
