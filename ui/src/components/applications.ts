import type { Application } from '../../../packages/client/src/schema.ts';
import { api, pageOf } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';

const LIMIT = 500;

/** All applications that the user can see; empty while loading. */
export const useApplications = (): readonly Application[] => {
  const { data = [] } = useQuery({
    key: ['applications', 'all'],
    load: all,
    enabled: session.may('scheduler:jobs:read'),
  });
  return data;
};

const all = async (signal: AbortSignal, cursor?: string): Promise<readonly Application[]> => {
  const query = { limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) };
  const { items, next } = await pageOf(api.GET('/applications', { params: { query }, signal }));
  return next === undefined ? items : [...items, ...(await all(signal, next))];
};

/** Names of the applications that the user can see; for others, their ids. */
export const useApplicationNames = (): ((id: number) => string) => {
  const names = new Map(useApplications().map((application) => [application.id, nameOf(application)]));
  return (id) => names.get(id) ?? `Application ${id}`;
};

export const nameOf = ({ displayName, name }: Pick<Application, 'displayName' | 'name'>): string => displayName || name;
