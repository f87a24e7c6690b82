import { parse } from 'node:querystring';
import { Refusal } from '../domain/refusal.ts';

/**
 * The parameters of a query: a text each, or a list where one is given more than once.
 * @throws Refusal BAD_REQUEST where it is not percent-encoded UTF-8
 */
export const parseQuery = (query: string | null | undefined) => {
  try {
    // The parser itself would put other characters in the place of what it can't read.
    decodeURIComponent(query ?? '');
  } catch {
    throw new Refusal('BAD_REQUEST', 'the query is not percent-encoded UTF-8');
  }
  return parse(query ?? '');
};
