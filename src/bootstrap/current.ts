import type { Tenant } from '../domain/values.ts';
import { allItems } from '../projections/queries/all-items.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { JobView } from '../projections/queries/port/jobs.ts';
import type { ApplicationView } from '../projections/queries/records/applications.ts';

/** An application and its jobs before a sync. */
export type CurrentApplication = {
  readonly application: ApplicationView | undefined;
  readonly jobs: readonly JobView[];
};

/** Reads applications and their jobs from the read models, in the order of `wanted`. */
export const readCurrent = async (
  queries: Pick<Queries, 'listApplications' | 'listJobs'>,
  wanted: readonly { readonly tenant: Tenant; readonly name: string }[],
): Promise<CurrentApplication[]> => {
  const found = new Map<string, ApplicationView>();
  for (const tenant of new Set(wanted.map((each) => each.tenant))) {
    for await (const application of allItems((page) => queries.listApplications({ tenant }, page)))
      found.set(keyOf({ tenant, name: application.name }), application);
  }
  const current: CurrentApplication[] = [];
  for (const each of wanted) {
    const application = found.get(keyOf(each));
    const scope = { tenant: each.tenant };
    const jobs =
      application === undefined
        ? []
        : await Array.fromAsync(allItems((page) => queries.listJobs(scope, { applicationId: application.id }, page)));
    current.push({ application, jobs });
  }
  return current;
};

const keyOf = ({ tenant, name }: { tenant: Tenant; name: string }): string => JSON.stringify([tenant, name]);
