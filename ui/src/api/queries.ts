import {
  InfiniteQueryObserver,
  keepPreviousData,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
} from '@tanstack/query-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import type { ListPage } from './client.ts';
import { Problem } from './problem.ts';

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

export type Asked<T> = {
  /** The whole question: the same key is the same question. */
  readonly key: readonly unknown[];
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly enabled?: boolean;
  /** False: events do not make it look again. */
  readonly live?: boolean;
  /** Show the answer to the question before until this one is answered. */
  readonly keepPrevious?: boolean;
  /** Ask again every so many ms, until the answer says that nothing more will change. */
  readonly everyMs?: number;
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
  const options: QueryObserverOptions<T, Error, T, T, readonly unknown[]> = {
    queryKey: asked.key,
    queryFn: ({ signal }) => asked.ask(signal),
    enabled: asked.enabled ?? true,
    meta: { live: asked.live ?? true },
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

export type AskedList<T> = {
  readonly key: readonly unknown[];
  readonly ask: (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<T>>;
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
      asked.ask(typeof pageParam === 'string' ? pageParam : undefined, signal),
    initialPageParam: undefined,
    getNextPageParam: (page: ListPage<T>) => page.next,
    enabled: asked.enabled ?? true,
    meta: { live: true, isList: true },
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

const MOST_PAGES = 2;

/** Looks again at everything that is shown and may have changed. A look that is under way is not begun anew. */
export const lookAgain = (): void => {
  void queryClient.invalidateQueries(
    {
      predicate: ({ meta, state }) =>
        meta?.live === true && !(meta.isList === true && pagesIn(state.data) > MOST_PAGES),
    },
    { cancelRefetch: false },
  );
};

const pagesIn = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) ? data.pages.length : 0;

/** After a change: whatever is shown is looked at anew, lists of many pages too. */
export const changed = (): void => void queryClient.invalidateQueries();
