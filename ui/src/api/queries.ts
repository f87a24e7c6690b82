import {
  InfiniteQueryObserver,
  keepPreviousData,
  type Query,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
} from '@tanstack/query-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { Problem } from '../../../src/client/problem.ts';
import type { ListPage } from './client.ts';
import type { Happened } from './stream.ts';
import { createThrottle, type Throttle } from './throttle.ts';

/**
 * What was asked, by its key. An answer is kept under the key that it was asked by, and a request for a key that nobody
 * looks at any more is aborted: an older answer never takes the place of a newer one.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The page itself says when to look again: see live.ts.
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

/** Whether what happened may have changed an answer. */
type Touched = (happened: Happened) => boolean;

/** When an answer is looked at again. */
type Looking = {
  /** False: never, as it does not change by itself. Otherwise now and then, and after what touches it. */
  readonly live?: boolean;
  readonly touched?: Touched;
  /** It takes the service some work: it rests for so long after each look. */
  readonly restMs?: number;
};

/** By any change of a definition, or of the one of a job. */
export const byDefinition =
  (jobId?: number): Touched =>
  ({ definitions }) =>
    jobId === undefined ? definitions.size > 0 : definitions.has(jobId);

/** By slots and executions, and by changes of definitions: of any job, or of one. */
export const byRuns =
  (jobId?: number): Touched =>
  (happened) =>
    byDefinition(jobId)(happened) || (jobId === undefined ? happened.runs.size > 0 : happened.runs.has(jobId));

export type Asked<T> = Looking & {
  /** The whole question: the same key is the same question. */
  readonly key: readonly unknown[];
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly enabled?: boolean;
  /** Show the answer to the question before until this one is answered. */
  readonly keepPrevious?: boolean;
  /** Ask again every so many ms, too. */
  readonly everyMs?: number;
  /** The answer says that nothing more will change: it is not asked for again by itself. */
  readonly until?: (answer: T) => boolean;
};

export type Answered<T> = {
  readonly data: T | undefined;
  readonly error: Error | null;
  /** Nothing can be shown yet. */
  readonly isPending: boolean;
  /** What is shown answers the question before this one. */
  readonly isPrevious: boolean;
  readonly isFetching: boolean;
  readonly answeredAtMs: number;
  readonly again: () => void;
};

/** Asks as soon as the page is built, before the browser draws it. */
const useAsked = (observer: { subscribe(heard: () => void): () => void }, redraw: (_: undefined) => void): void =>
  useLayoutEffect(() => observer.subscribe(() => redraw(undefined)), [observer]);

/** Asks the API, and shows each newer answer. */
export const useQuery = <T>(asked: Asked<T>): Answered<T> => {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const isOver = (): boolean => {
    const { data } = observer.getCurrentResult();
    return data !== undefined && asked.until?.(data) === true;
  };
  const options: QueryObserverOptions<T, Error, T, T, readonly unknown[]> = {
    queryKey: asked.key,
    queryFn: ({ signal }) => asked.ask(signal),
    enabled: asked.enabled ?? true,
    meta: metaOf(asked, isOver),
    ...(asked.everyMs === undefined ? {} : { refetchInterval: intervalOf(asked.everyMs, asked.until) }),
    ...(asked.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
  };
  const [observer] = useState(() => new QueryObserver(queryClient, options));
  observer.setOptions(options);
  useAsked(observer, redraw);
  const result = observer.getCurrentResult();
  return {
    data: result.data,
    error: result.error,
    isPending: result.isPending && (asked.enabled ?? true),
    isPrevious: result.isPlaceholderData,
    isFetching: result.isFetching,
    answeredAtMs: result.dataUpdatedAt,
    again: () => void observer.refetch(),
  };
};

const intervalOf =
  <T>(everyMs: number, until: ((answer: T) => boolean) | undefined) =>
  ({ state }: { readonly state: { readonly data: T | undefined } }): number | false =>
    state.data !== undefined && until?.(state.data) === true ? false : everyMs;

const untilItems =
  <T>(until: AskedList<T>['until']) =>
  ({ pages }: { readonly pages: readonly ListPage<T>[] }): boolean =>
    until?.(pages.flatMap(({ items }) => items)) ?? false;

/** The page of a list that is asked for. */
export type PageQuery = { readonly limit: number; readonly cursor?: string };

const PAGE_LIMIT = 50;

export type AskedList<T> = Looking & {
  readonly key: readonly unknown[];
  readonly ask: (page: PageQuery, signal: AbortSignal) => Promise<ListPage<T>>;
  /** How many items a page has. */
  readonly limit?: number;
  readonly keepPrevious?: boolean;
  readonly enabled?: boolean;
  /** Ask again every so many ms, until the items say that nothing more will change. */
  readonly everyMs?: number;
  readonly until?: (items: readonly T[]) => boolean;
};

export type AnsweredList<T> = Omit<Answered<readonly T[]>, 'data'> & {
  readonly items: readonly T[];
  readonly total: number | undefined;
  readonly hasMore: boolean;
  readonly more: () => void;
};

/** Asks for a list page by page. Once more than two pages are shown, it stays as it is until it is asked for anew. */
export const useList = <T>(asked: AskedList<T>): AnsweredList<T> => {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options = {
    queryKey: asked.key,
    queryFn: ({ pageParam, signal }: { pageParam: unknown; signal: AbortSignal }) =>
      asked.ask(
        { limit: asked.limit ?? PAGE_LIMIT, ...(typeof pageParam === 'string' ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: undefined,
    getNextPageParam: (page: ListPage<T>) => page.next,
    enabled: asked.enabled ?? true,
    meta: metaOf(asked, () => false),
    ...(asked.everyMs === undefined ? {} : { refetchInterval: intervalOf(asked.everyMs, untilItems(asked.until)) }),
    ...(asked.keepPrevious === false ? {} : { placeholderData: keepPreviousData }),
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
  /** Nothing more will change. */
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

const looks = new WeakMap<Query, Throttle>();

/** Looks at an answer again, now or once it has rested. A look that is under way may be too early, and is repeated. */
const askAgain = (query: Query, restMs: number): void => {
  const look =
    looks.get(query) ??
    createThrottle(() => {
      if (!query.isActive()) return;
      if (query.state.fetchStatus === 'fetching') askAgain(query, restMs);
      else void queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true });
    }, restMs);
  looks.set(query, look);
  look.ask();
};

const MAX_PAGES = 2;

const lookWhere = (isWanted: (meta: Meta) => boolean): void => {
  for (const query of queryClient.getQueryCache().findAll({ type: 'active' })) {
    const { meta, state } = query;
    if (!isMeta(meta) || !meta.isLive || meta.isOver() || pagesIn(state.data) > MAX_PAGES) continue;
    if (isWanted(meta)) askAgain(query, meta.restMs);
  }
};

/** Looks again at everything that is shown and may have changed. */
export const lookAgain = (): void => lookWhere(() => true);

/** Looks again at what is shown and may have changed by what happened. */
export const lookAfter = (happened: Happened): void => lookWhere(({ touched }) => touched(happened));

/** What was to be looked at again is not. */
export const forgetLooks = (): void => {
  for (const query of queryClient.getQueryCache().getAll()) looks.get(query)?.cancel();
};

const pagesIn = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) ? data.pages.length : 0;

/** After a change: whatever is shown is looked at anew, lists of many pages too. */
export const changed = (): void => void queryClient.invalidateQueries();
