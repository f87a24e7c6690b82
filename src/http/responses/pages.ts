import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { ListPage, PageRequest } from '../../projections/queries/page.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { RouteRequest } from '../route.ts';
import { wholeNumber } from '../validate.ts';
import type { ServedResponse } from './response.ts';

const DEFAULT_LIMIT = 50;
export const LARGEST_LIMIT = 500;
const MAX_CURSOR = 1_000;

/** The query parameters of every list. */
export const pageQuery = {
  limit: wholeNumber({ most: LARGEST_LIMIT, byDefault: DEFAULT_LIMIT }),
  cursor: z.string().min(1).max(MAX_CURSOR).exactOptional(),
};

export const PagesQuery = z.strictObject(pageQuery);

/** The page requested by a list's query parameters. */
export const toPageRequest = ({ limit, cursor }: { limit: number; cursor?: string | undefined }): PageRequest =>
  defined({ limit, cursor });

/** Responds with a JSON array. `Link` contains the URLs of adjacent pages, `X-Total-Count` the total if it is counted. */
export const pageResponse = <T>(
  { items, next, previous, total }: ListPage<T>,
  link: RouteRequest['link'],
  show: (item: T) => unknown,
): ServedResponse => {
  const links = [
    ...(next === undefined ? [] : [`<${pageAt(link, next)}>; rel="next"`]),
    ...(previous === undefined ? [] : [`<${pageAt(link, previous)}>; rel="prev"`]),
  ];
  return {
    status: 200,
    headers: defined({
      ...(links.length === 0 ? {} : { Link: links.join(', ') }),
      'X-Total-Count': total === undefined ? undefined : String(total),
    }),
    body: items.map(show),
  };
};

const pageAt = ({ path, query }: RouteRequest['link'], cursor: string): string => {
  const kept = Object.entries(query).flatMap(([name, value]) =>
    name === 'cursor' ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
  );
  return `${path}?${new URLSearchParams([...kept, ['cursor', cursor]])}`;
};

/** Names of the jobs on a page, by id, and of their applications. */
export const jobNamesOf = (
  { namesOfJobs }: Queries,
  scope: Scope,
  items: readonly { readonly jobId: number }[],
): Promise<ReadonlyMap<number, JobNames>> =>
  namesOfJobs(
    scope,
    items.map(({ jobId }) => jobId),
  );
