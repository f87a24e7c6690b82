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
  /** Goes to an address as a link of another site leads there, and follows redirects and pages that go on by themselves. */
  visit(url: string): Promise<PageAnswer>;
  /** Every address on the way of the last visit. */
  way(): readonly string[];
  /** One request of a page of the same origin, without following what it answers. */
  ask(url: string, visit?: Visit): Promise<PageAnswer>;
};

const MAX_STEPS = 20;
const REFRESH = /<meta http-equiv="refresh" content="0; url=([^"]+)">/;

/** A browser as far as cookies and redirects go: cookies that are `Strict` stay at home while another site leads. */
export const openBrowser = (): Browser => {
  const jar = new CookieJar();
  let way: string[] = [];

  const ask = async (
    url: string,
    { method = 'GET', headers = {} }: Visit,
    sameSiteContext: 'strict' | 'lax',
  ): Promise<PageAnswer> => {
    const cookie = await jar.getCookieString(url, { sameSiteContext });
    const answer = await fetch(url, {
      method,
      headers: { Accept: 'text/html', ...(cookie === '' ? {} : { Cookie: cookie }), ...headers },
      redirect: 'manual',
    });
    for (const set of answer.headers.getSetCookie()) await jar.setCookie(set, url, { sameSiteContext });
    return { url, status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  return {
    jar,
    way: () => way,
    ask: (url, visit = {}) => ask(url, visit, 'strict'),
    visit: async (start) => {
      way = [];
      let url = start;
      let context: 'strict' | 'lax' = 'lax';
      while (way.length < MAX_STEPS) {
        way.push(url);
        const answer = await ask(url, {}, context);
        const location = answer.headers.get('location');
        const refresh = REFRESH.exec(answer.text)?.[1];
        if (location === null && refresh === undefined) return answer;
        // A page that continues automatically leads as a page of its own site does.
        if (refresh !== undefined && new URL(refresh, url).origin === new URL(url).origin) context = 'strict';
        url = new URL(location ?? refresh ?? '', url).href;
      }
      throw new Error(`the browser was sent on and on: ${way.join(' ')}`);
    },
  };
};
