import type { RefusalCode } from '../../../domain/codes/problem-codes.ts';

export type PageRequest = { readonly limit: number; readonly cursor?: string };

/** By the time of creation. */
export type ListOrder = 'oldest first' | 'newest first';

/** A page of a list that can be read in both orders; each list has one for requests that ask for none. */
export type SortedPageRequest = PageRequest & { readonly order?: ListOrder };

export type ListPage<T> = {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
  /** Opaque; absent on the first page, and from lists that are read only forwards. */
  readonly previous?: string;
  /** The exact total; absent if no counter is kept for this filter. */
  readonly total?: number;
};

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR' satisfies RefusalCode;
}
