import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { JobView } from '../projections/queries/port/jobs.ts';
import type { ListPage } from '../projections/queries/port/pages.ts';
import type { ApplicationView } from '../projections/queries/records/applications.ts';

/** An application and its jobs before a sync. */
export type CurrentApplication = {
  readonly application: ApplicationView | undefined;
  readonly jobs: readonly JobView[];
};

const PAGE = 500;

/** Reads applications and their jobs from the read models, in the order of `wanted`. */
export const readCurrent = async (
  queries: Pick<Queries, 'listApplications' | 'listJobs'>,
  wanted: readonly { readonly tenant: Tenant; readonly name: string }[],
): Promise<CurrentApplication[]> => {
  const found = new Map<string, ApplicationView>();
  for (const tenant of new Set(wanted.map((each) => each.tenant))) {
    const all = await everyPage((cursor) => queries.listApplications({ tenant }, { limit: PAGE, ...cursor }));
    for (const application of all) found.set(keyOf({ tenant, name: application.name }), application);
  }
  const current: CurrentApplication[] = [];
  for (const each of wanted) {
    const application = found.get(keyOf(each));
    const scope = { tenant: each.tenant };
    const jobs =
      application === undefined
        ? []
        : await everyPage((cursor) =>
            queries.listJobs(scope, { applicationId: application.id }, { limit: PAGE, ...cursor }),
          );
    current.push({ application, jobs });
  }
  return current;
};

const keyOf = ({ tenant, name }: { tenant: Tenant; name: string }): string => JSON.stringify([tenant, name]);

const everyPage = async <T>(ask: (cursor: { cursor?: string }) => Promise<ListPage<T>>): Promise<T[]> => {
  const items: T[] = [];
  for (let cursor: { cursor?: string } | undefined = {}; cursor !== undefined; ) {
    const page: ListPage<T> = await ask(cursor);
    items.push(...page.items);
    cursor = page.next === undefined ? undefined : { cursor: page.next };
  }
  return items;
};
