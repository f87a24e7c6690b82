import type { RunInput } from '../../events/index.ts';
import { MASK } from '../../redaction/mask.ts';
import type { TargetAddress } from '../../targets/target-url.ts';
import { isSealed, type Sealed } from '../../values.ts';
import type { HttpConfig, HttpRunTask, HttpTask } from './stored.ts';

/** The configuration for one run: the run's input overrides that of the job. */
export const httpWithInput = (task: HttpConfig, { body, headers, query }: RunInput): HttpRunTask => ({
  ...task,
  ...(body === undefined ? {} : { body }),
  ...(headers === undefined ? {} : { headers: mergedHeaders(task.headers, headers) }),
  ...(query === undefined ? {} : givenQuery(task, query)),
});

const givenQuery = (task: TargetAddress, query: NonNullable<RunInput['query']>) => {
  const clear: Record<string, string> = {};
  const sealed: Record<string, Sealed> = {};
  for (const [name, value] of Object.entries(query)) {
    if (isSealed(value)) sealed[name] = value;
    else clear[name] = value;
  }
  const address = withQuery(task, clear);
  return Object.keys(sealed).length === 0 ? address : { ...address, sealedQuery: sealed };
};

/** A given header replaces the one of the same name, regardless of case. */
export const mergedHeaders = <V>(
  headers: Readonly<Record<string, V>> = {},
  over: Readonly<Record<string, V>>,
): Record<string, V> => {
  const names = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  const kept = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...over };
};

/** Replaces query parameters by name; the target's origin does not change. */
export const withQuery = (
  { url, endpoint, path = '' }: TargetAddress,
  query: Readonly<Record<string, string>>,
): TargetAddress => {
  if (url !== undefined) return { url: addressWith(url, query) };
  if (endpoint === undefined) return {};
  return { endpoint: addressWith(endpoint, query, 'only without these'), path: addressWith(path, query) };
};

/** The address is a template that only its own parser can read: it is split only at `?`, `&` and `#`. */
const addressWith = (
  address: string,
  query: Readonly<Record<string, string>>,
  which: 'with these' | 'only without these' = 'with these',
): string => {
  const [, before = '', search = '', hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(address) ?? [];
  const names = new Set(Object.keys(query).map(encodeURIComponent));
  const kept = search.split('&').filter((pair) => pair !== '' && !names.has(pair.split('=')[0] ?? ''));
  const added = Object.entries(which === 'with these' ? query : {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const pairs = [...kept, ...added];
  return `${before}${pairs.length === 0 ? '' : '?'}${pairs.join('&')}${hash}`;
};

/** Moves a run's query into the URL. Values that stay sealed are masked there. */
export const withQueryOfRun = <Secret, Body>({
  sealedQuery,
  ...task
}: HttpTask<Secret, Body>): HttpTask<Secret, Body> => {
  if (sealedQuery === undefined) return task;
  const texts = Object.entries(sealedQuery).map(([name, value]) => [name, typeof value === 'string' ? value : MASK]);
  return { ...task, ...withQuery(task, Object.fromEntries(texts)) };
};
