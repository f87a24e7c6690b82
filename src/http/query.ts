import { parse } from 'node:querystring';
import { Refusal } from '../domain/refusal.ts';

/**
 * Parses a query string to its parameters: each is a text, or a list where it comes more than once.
 * @throws Refusal BAD_REQUEST where it is not percent-encoded UTF-8
 */
export const parseQuery = (query: string | null | undefined) => {
  try {
    // The parser replaces malformed UTF-8 silently, so it is checked first.
    decodeURIComponent(query ?? '');
  } catch {
    throw new Refusal('BAD_REQUEST', 'the query is not percent-encoded UTF-8');
  }
  return parse(query ?? '');
};
