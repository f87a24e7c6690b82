import { z } from 'zod';
import type { CommandResult } from '../../commands/command.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { ListPage, PageRequest } from '../../projections/queries/page.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import type { ServedResponse } from '../responses/response.ts';
import { type Definition, defineRoute, type Route, type ScopeOf } from '../route.ts';

/** Access of those who administer the installation. */
export const ADMINISTRATORS = { permission: 'scheduler:admin', bound: 'closed' } as const;

type PagesDefinition<One extends true | undefined> = Definition<string, z.ZodType, typeof PagesQuery, z.ZodType, One>;

type ListRoute<T, One extends true | undefined> = Omit<
  PagesDefinition<One>,
  'method' | 'query' | 'result' | 'handle'
> & {
  /** Schema of an item. */
  readonly items: z.ZodType;
  readonly page: (scope: ScopeOf<One>, page: PageRequest) => Promise<ListPage<T>>;
  /** What the API shows of an item; by default all of it. */
  readonly show?: (item: T) => unknown;
};

/** A route that lists all resources of a kind, page by page. */
export const listRoute = <T, One extends true | undefined = undefined>({
  items,
  page,
  show = (item) => item,
  ...route
}: ListRoute<T, One>): Route => {
  const definition: PagesDefinition<One> = {
    ...route,
    method: 'get',
    query: PagesQuery,
    result: z.array(items),
    handle: async ({ scope, query, link }) => pageResponse(await page(scope, toPageRequest(query)), link, show),
  };
  return defineRoute(definition);
};

/** @throws DomainError if a resource was not found. @param what such as `token 7` */
export const found = <T>(resource: T | undefined, code: DomainErrorCode, what: string): T => {
  if (resource === undefined) throw new DomainError(code, `there is no ${what}`);
  return resource;
};

/** The response to a command that shows nothing. */
export const noContent = (done: CommandResult<unknown>): ServedResponse => respondToCommand(done, { status: 204 });
