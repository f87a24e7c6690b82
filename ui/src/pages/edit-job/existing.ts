import type { Secret } from '../../../../packages/client/src/schema.ts';
import { api, type ListPage, pageOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { type Draft, valueAt } from './draft.ts';
import { printLabels } from './lines.ts';

/** Existing resources that a job can use. */
export type Existing = {
  readonly limits: readonly string[];
  readonly variables: readonly string[];
  readonly secrets: readonly string[];
  readonly calendars: readonly string[];
  /** Each as `key:value`. */
  readonly labels: readonly string[];
};

const NONE: Existing = { limits: [], variables: [], secrets: [], calendars: [], labels: [] };
const LIMIT = 500;
/** Maximum jobs whose labels are offered. */
const JOBS = 100;

type Named = { readonly name: string };

/** Resources of the draft's application; empty while loading. */
export const useExisting = (draft: Draft): Existing => {
  const applicationId = valueAt(draft, '/applicationId');
  const id = typeof applicationId === 'number' ? applicationId : undefined;
  const { data = NONE } = useQuery({
    key: ['existing', id],
    load: async (signal): Promise<Existing> => {
      const query = { limit: LIMIT };
      const ofId = id === undefined ? undefined : { params: { path: { id }, query }, signal };
      const [limits, variables, secrets, calendars, labels] = await Promise.all([
        namesOf(ofId && pageOf(api.GET('/applications/{id}/limits', ofId))),
        namesOf(ofId && pageOf(api.GET('/applications/{id}/variables', ofId))),
        ofId === undefined ? [] : parameterSecrets(pageOf(api.GET('/applications/{id}/secrets', ofId))),
        namesOf(pageOf(api.GET('/calendars', { params: { query }, signal }))),
        labelsOf(id, signal),
      ]);
      return { limits, variables, secrets, calendars, labels };
    },
    keepPrevious: true,
    live: false,
  });
  return data;
};

/** Secrets that requests can use: signing keys can't. */
const parameterSecrets = async (query: Promise<ListPage<Secret>>): Promise<readonly string[]> =>
  (await query).items.filter(({ signing }) => signing !== true).map(({ name }) => name);

const namesOf = async (query: Promise<ListPage<Named>> | undefined): Promise<readonly string[]> =>
  query === undefined ? [] : (await query).items.map(({ name }) => name);

const labelsOf = async (applicationId: number | undefined, signal: AbortSignal): Promise<readonly string[]> => {
  const query = { limit: JOBS, ...(applicationId === undefined ? {} : { applicationId }) };
  const { items } = await pageOf(api.GET('/jobs', { params: { query }, signal }));
  const labels = items.flatMap(({ labels }) => printLabels(labels).split(', '));
  return [...new Set(labels)].filter((label) => label !== '').toSorted();
};
