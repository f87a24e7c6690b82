import { CookieJar } from 'tough-cookie';

export type PageAnswer = {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

type Visit = { readonly method?: string; readonly headers?: Record<string, string> };

export type Browser = {
  readonly jar: CookieJar;
  /** Opens an address like a link of another site, and follows redirects and pages that continue automatically. */
  visit(url: string): Promise<PageAnswer>;
  /** Every address visited by the last call of `visit`. */
  way(): readonly string[];
  /** Sends one request from a page of the same origin, without following the response. */
  ask(url: string, visit?: Visit): Promise<PageAnswer>;
};

const MAX_STEPS = 20;
const REFRESH = /<meta http-equiv="refresh" content="0; url=([^"]+)">/;

/** A browser's handling of cookies and redirects: `Strict` cookies are not sent for navigation from another site. */
export const openBrowser = (): Browser => {
  const jar = new CookieJar();
  let way: string[] = [];

  const request = async (
    url: string,
    { method = 'GET', headers = {} }: Visit,
    sameSiteContext: 'strict' | 'lax',
  ): Promise<PageAnswer> => {
    const cookie = await jar.getCookieString(url, { sameSiteContext });
    const response = await fetch(url, {
      method,
      headers: { Accept: 'text/html', ...(cookie === '' ? {} : { Cookie: cookie }), ...headers },
      redirect: 'manual',
    });
    for (const set of response.headers.getSetCookie()) await jar.setCookie(set, url, { sameSiteContext });
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  };

  return {
    jar,
    way: () => way,
    ask: (url, visit = {}) => request(url, visit, 'strict'),
    visit: async (start) => {
      way = [];
      let url = start;
      let context: 'strict' | 'lax' = 'lax';
      while (way.length < MAX_STEPS) {
        way.push(url);
        const response = await request(url, {}, context);
        const location = response.headers.get('location');
        const refresh = REFRESH.exec(response.text)?.[1];
        if (location === null && refresh === undefined) return response;
        // A page that continues automatically leads as a page of its own site does.
        if (refresh !== undefined && new URL(refresh, url).origin === new URL(url).origin) context = 'strict';
        url = new URL(location ?? refresh ?? '', url).href;
      }
      throw new Error(`the browser was sent on and on: ${way.join(' ')}`);
    },
  };
};
