import type { ReceivedResponse } from './transport.ts';

/** A page of a list, with the cursors of its neighbors and the total, if it was counted. */
export type ListPage<T> = {
  readonly items: readonly T[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
};

/** Reads the page of a response. */
export const pageOf = <T>({
  data,
  headers,
}: {
  readonly data: readonly T[];
  readonly headers: ReceivedResponse['headers'];
}): ListPage<T> => {
  const [next, previous] = [pageQuery(headers, 'next')?.get('cursor'), pageQuery(headers, 'prev')?.get('cursor')];
  const total = headers.get('x-total-count');
  return {
    items: data,
    ...(next ? { next } : {}),
    ...(previous ? { previous } : {}),
    // `10000+` means that counting stopped there.
    ...(total === null || !/^\d+$/.test(total) ? {} : { total: Number(total) }),
  };
};

/** The query of the next or previous page. */
export const pageQuery = (headers: ReceivedResponse['headers'], rel: 'next' | 'prev'): URLSearchParams | undefined => {
  const [, query] = new RegExp(`<[^>?]*\\?([^>]*)>;\\s*rel="${rel}"`).exec(headers.get('link') ?? '') ?? [];
  return query === undefined ? undefined : new URLSearchParams(query);
};
