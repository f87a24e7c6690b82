import { TargetRefused } from './refused.ts';

const invalid = (why: string): TargetRefused => new TargetRefused({ rule: 'invalid-url', why });

const parseHttp = (text: string, field: string): URL | TargetRefused => {
  const url = URL.parse(text);
  if (url === null) return invalid(`${field} is no absolute URL`);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  return new TargetRefused({ rule: 'not-http', why: `${field} begins with ${url.protocol}, not with http: or https:` });
};

/**
 * Appends a path to the path of an endpoint. No path can change the origin (`@host/`, `//host`, `/\host` or
 * `http://host` cannot), since it comes after the slash that ends the origin. The queries of both are kept.
 */
const join = (endpoint: URL, path: string): URL | TargetRefused => {
  const [beforeFragment = ''] = path.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const pathname = mark === -1 ? beforeFragment : beforeFragment.slice(0, mark);
  const query = mark === -1 ? '' : beforeFragment.slice(mark + 1);
  const base = endpoint.pathname.endsWith('/') && pathname !== '' ? endpoint.pathname.slice(0, -1) : endpoint.pathname;
  const slash = pathname === '' || pathname.startsWith('/') ? '' : '/';
  const search = [endpoint.search.slice(1), query].filter((part) => part !== '').join('&');
  const joined = URL.parse(`${endpoint.origin}${base}${slash}${pathname}`);
  if (joined === null) return invalid('endpoint and path make no URL');
  joined.search = search;
  return joined.origin === endpoint.origin ? joined : invalid('the path would change the origin of the endpoint');
};

/** The URL that a task calls: its `url`, or its `endpoint` and `path`. The fragment is cut, since it is never sent. */
export const targetUrl = (task: {
  readonly endpoint?: string | undefined;
  readonly path?: string | undefined;
  readonly url?: string | undefined;
}): URL | TargetRefused => {
  const given = task.url ?? task.endpoint;
  if (given === undefined) return invalid('neither url nor endpoint is given');
  const parsed = parseHttp(given, task.url === undefined ? 'endpoint' : 'url');
  if (parsed instanceof TargetRefused) return parsed;
  if (parsed.username !== '' || parsed.password !== '') {
    const why = 'the URL holds a user name or password; auth is the place for these';
    return new TargetRefused({ rule: 'userinfo', why });
  }
  parsed.hash = '';
  return task.url === undefined && task.path !== undefined ? join(parsed, task.path) : parsed;
};
