import type { Queries } from '../../projections/queries/index.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { ListPage } from '../../projections/queries/page.ts';
import type { Scope } from '../../projections/queries/scope.ts';

/** The names of the jobs that a page shows by their ids, and of their applications. */
export const jobNamesOf = (
  { namesOfJobs }: Queries,
  scope: Scope,
  { items }: Pick<ListPage<{ readonly jobId: number }>, 'items'>,
): Promise<ReadonlyMap<number, JobNames>> =>
  namesOfJobs(
    scope,
    items.map(({ jobId }) => jobId),
  );
