import {
  InfiniteQueryObserver,
  keepPreviousData,
  type Query,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
} from '@tanstack/query-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { Problem } from '../../../packages/client/src/problem.ts';
import type { ListPage } from './client.ts';
import type { Happened } from './stream.ts';
import { createThrottle, type Throttle } from './throttle.ts';

/**
 * Caches responses by key. Requests for keys that are no longer in use are aborted, so an older response never replaces a
 * newer one.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // live.ts decides when to refetch.
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 500,
      gcTime: 5 * 60_000,
      networkMode: 'always',
      retry: (failures, error) => !(error instanceof Problem) && failures < 2,
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});

/** Whether events may have changed a response. */
type Touched = (happened: Happened) => boolean;

/** When a response is refetched. */
type Looking = {
  /** False: never, because it does not change. Otherwise periodically, and after events that affect it. */
  readonly live?: boolean;
  readonly touched?: Touched;
  /** Minimum pause between refetches, for expensive requests. */
  readonly restMs?: number;
};

/** Affected by changes of any definition, or of one job's. */
export const byDefinition =
  (jobId?: number): Touched =>
  ({ definitions }) =>
    jobId === undefined ? definitions.size > 0 : definitions.has(jobId);

/** Affected by slots, executions and changes of definitions, of any job or of one. */
export const byRuns =
  (jobId?: number): Touched =>
  (happened) =>
    byDefinition(jobId)(happened) || (jobId === undefined ? happened.runs.size > 0 : happened.runs.has(jobId));

export type QueryOptions<T> = Looking & {
  /** Identifies the request completely. */
  readonly key: readonly unknown[];
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly enabled?: boolean;
  /** Show the previous request's response until this one arrives. */
  readonly keepPrevious?: boolean;
  /** Also refetch at this interval, ms. */
  readonly everyMs?: number;
  /** Whether the response is final and not refetched. */
  readonly until?: (response: T) => boolean;
};

export type QueryResult<T> = {
  readonly data: T | undefined;
  readonly error: Error | null;
  /** Nothing to show yet. */
  readonly isPending: boolean;
  /** The data belongs to the previous request. */
  readonly isPrevious: boolean;
  readonly isFetching: boolean;
  readonly answeredAtMs: number;
  readonly again: () => void;
};

/** Subscribes when the page is built, before the browser paints. */
const useAsked = (observer: { subscribe(heard: () => void): () => void }, redraw: (_: undefined) => void): void =>
  useLayoutEffect(() => observer.subscribe(() => redraw(undefined)), [observer]);

/** Queries the API and shows each newer response. */
export const useQuery = <T>(given: QueryOptions<T>): QueryResult<T> => {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const isOver = (): boolean => {
    const { data } = observer.getCurrentResult();
    return data !== undefined && given.until?.(data) === true;
  };
  const options: QueryObserverOptions<T, Error, T, T, readonly unknown[]> = {
    queryKey: given.key,
    queryFn: ({ signal }) => given.load(signal),
    enabled: given.enabled ?? true,
    meta: metaOf(given, isOver),
    ...(given.everyMs === undefined ? {} : { refetchInterval: intervalOf(given.everyMs, given.until) }),
    ...(given.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
  };
  const [observer] = useState(() => new QueryObserver(queryClient, options));
  observer.setOptions(options);
  useAsked(observer, redraw);
  const result = observer.getCurrentResult();
  return {
    data: result.data,
    error: result.error,
    isPending: result.isPending && (given.enabled ?? true),
    isPrevious: result.isPlaceholderData,
    isFetching: result.isFetching,
    answeredAtMs: result.dataUpdatedAt,
    again: () => void observer.refetch(),
  };
};

const intervalOf =
  <T>(everyMs: number, until: ((response: T) => boolean) | undefined) =>
  ({ state }: { readonly state: { readonly data: T | undefined } }): number | false =>
    state.data !== undefined && until?.(state.data) === true ? false : everyMs;

const untilItems =
  <T>(until: ListOptions<T>['until']) =>
  ({ pages }: { readonly pages: readonly ListPage<T>[] }): boolean =>
    until?.(pages.flatMap(({ items }) => items)) ?? false;

/** The requested page of a list. */
export type PageQuery = { readonly limit: number; readonly cursor?: string };

const PAGE_LIMIT = 50;

export type ListOptions<T> = Looking & {
  readonly key: readonly unknown[];
  readonly load: (page: PageQuery, signal: AbortSignal) => Promise<ListPage<T>>;
  /** Items per page. */
  readonly limit?: number;
  readonly keepPrevious?: boolean;
  readonly enabled?: boolean;
  /** Refetch at this interval until the items are final. */
  readonly everyMs?: number;
  readonly until?: (items: readonly T[]) => boolean;
};

export type ListResult<T> = Omit<QueryResult<readonly T[]>, 'data'> & {
  readonly items: readonly T[];
  readonly total: number | undefined;
  readonly hasMore: boolean;
  readonly more: () => void;
};

/** Queries a list page by page. With more than two pages shown, it is refetched only on request. */
export const useList = <T>(given: ListOptions<T>): ListResult<T> => {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options = {
    queryKey: given.key,
    queryFn: ({ pageParam, signal }: { pageParam: unknown; signal: AbortSignal }) =>
      given.load(
        { limit: given.limit ?? PAGE_LIMIT, ...(typeof pageParam === 'string' ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: undefined,
    getNextPageParam: (page: ListPage<T>) => page.next,
    enabled: given.enabled ?? true,
    meta: metaOf(given, () => false),
    ...(given.everyMs === undefined ? {} : { refetchInterval: intervalOf(given.everyMs, untilItems(given.until)) }),
    ...(given.keepPrevious === false ? {} : { placeholderData: keepPreviousData }),
  };
  const [observer] = useState(() => new InfiniteQueryObserver(queryClient, options));
  observer.setOptions(options);
  useAsked(observer, redraw);
  const result = observer.getCurrentResult();
  const pages: readonly ListPage<T>[] = result.data?.pages ?? [];
  return {
    items: pages.flatMap(({ items }) => items),
    total: pages[0]?.total,
    error: result.error,
    isPending: result.isPending,
    isPrevious: result.isPlaceholderData,
    isFetching: result.isFetching,
    answeredAtMs: result.dataUpdatedAt,
    hasMore: result.hasNextPage,
    more: () => {
      if (result.hasNextPage && !result.isFetchingNextPage) void observer.fetchNextPage();
    },
    again: () => void observer.refetch(),
  };
};

type Meta = {
  readonly isLive: boolean;
  readonly touched: Touched;
  readonly restMs: number;
  /** Whether the data is final. */
  readonly isOver: () => boolean;
};

const BETWEEN_LOOKS_MS = 2_000;

const metaOf = (looking: Looking, isOver: () => boolean): Meta => ({
  isLive: looking.live ?? true,
  touched: looking.touched ?? (() => false),
  restMs: looking.restMs ?? BETWEEN_LOOKS_MS,
  isOver,
});

const isMeta = (meta: object | undefined): meta is Meta => meta !== undefined && 'isOver' in meta;

/** Requests that may follow one another soon, such as after the start and the outcome of an execution. */
const BURST = 4;

const looks = new WeakMap<Query, Throttle>();

/**
 * Refetches a response now or after its minimum pause. A request already in progress may be too early, so it is repeated.
 */
const askAgain = (query: Query, restMs: number): void => {
  const look =
    looks.get(query) ??
    createThrottle(
      () => {
        if (!query.isActive()) return;
        if (query.state.fetchStatus === 'fetching') askAgain(query, restMs);
        else void queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true });
      },
      { betweenMs: restMs, burst: BURST },
    );
  looks.set(query, look);
  look.request();
};

const MAX_PAGES = 2;

const lookWhere = (isWanted: (meta: Meta) => boolean): void => {
  for (const query of queryClient.getQueryCache().findAll({ type: 'active' })) {
    const { meta, state } = query;
    if (!isMeta(meta) || !meta.isLive || meta.isOver() || pagesIn(state.data) > MAX_PAGES) continue;
    if (isWanted(meta)) askAgain(query, meta.restMs);
  }
};

/** Refetches all visible data that may have changed. */
export const lookAgain = (): void => lookWhere(() => true);

/** Refetches visible data that these events may have changed. */
export const lookAfter = (happened: Happened): void => lookWhere(({ touched }) => touched(happened));

/** Cancels planned refetches. */
export const forgetLooks = (): void => {
  for (const query of queryClient.getQueryCache().getAll()) looks.get(query)?.cancel();
};

const pagesIn = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) ? data.pages.length : 0;

/** Refetches all visible data after a change, including lists with many pages. */
export const changed = (): void => void queryClient.invalidateQueries();
