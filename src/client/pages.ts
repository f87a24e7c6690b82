import type { ReceivedAnswer } from './transport.ts';

/** A page of a list, with the cursors of those around it and how many there are in all, where that is counted. */
export type ListPage<T> = {
  readonly items: readonly T[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
};

/** The page that an answer has. */
export const pageOf = <T>({
  data,
  headers,
}: {
  readonly data: readonly T[];
  readonly headers: ReceivedAnswer['headers'];
}): ListPage<T> => {
  const [next, previous] = [pageQuery(headers, 'next')?.get('cursor'), pageQuery(headers, 'prev')?.get('cursor')];
  const total = headers.get('x-total-count');
  return {
    items: data,
    ...(next ? { next } : {}),
    ...(previous ? { previous } : {}),
    // It may read `10000+`: then there are more than were counted.
    ...(total === null || !/^\d+$/.test(total) ? {} : { total: Number(total) }),
  };
};

/** The whole query of the page after or before. */
export const pageQuery = (headers: ReceivedAnswer['headers'], rel: 'next' | 'prev'): URLSearchParams | undefined => {
  const [, query] = new RegExp(`<[^>?]*\\?([^>]*)>;\\s*rel="${rel}"`).exec(headers.get('link') ?? '') ?? [];
  return query === undefined ? undefined : new URLSearchParams(query);
};
