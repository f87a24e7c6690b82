import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { atEnd } from './at-end.ts';
import { describeInBrowser, launchBrowser } from './browser.ts';
import { freePort } from './free-port.ts';
import { CLIENT, startIdentityProvider, type TestProvider } from './identity-provider.ts';
import { startTestService, type TestService } from './service.ts';
import { startTarget, type Target } from './target.ts';

export const UI = '/_/scheduler/ui';
export const ADMIN = { permissions: ['scheduler:admin'] };
export const READER = {
  sub: 'rita',
  permissions: ['scheduler:jobs:read', 'scheduler:executions:read', 'scheduler:audit:read'],
};
/** The pages for an administrator, and their headings. */
export const PAGES = [
  ['/', 'Overview'],
  ['/jobs', 'Jobs'],
  ['/jobs/1', 'nightly-sync'],
  ['/jobs/1/edit', 'Edit nightly-sync'],
  ['/jobs/new', 'New job'],
  ['/executions', 'Executions'],
  ['/executions/1', 'Execution 1'],
  ['/timeline', 'Timeline'],
  ['/applications', 'Applications'],
  ['/applications/1', 'Customers'],
  ['/calendars', 'Calendars'],
  ['/pauses', 'Pauses'],
  ['/queues', 'Queues'],
  ['/alerts', 'Alerts'],
  ['/operations', 'Operations'],
  ['/tokens', 'API tokens'],
  ['/report', 'Report'],
  ['/audit', 'Audit'],
  ['/projections', 'Projections'],
] as const;
/** Pages for administrators only. */
export const OF_ADMINISTRATORS = ['/tokens', '/projections'];
/** Loading a page on a busy machine is slow; a loaded page shows results of an action soon. */
const LOAD_TIMEOUT_MS = 240_000;
const ACTION_TIMEOUT_MS = 60_000;
/** Requests while a schedule or an instant is being typed. */
const HALF_TYPED = /\/preview$|[?&]asOf=/;
const LOOK = { width: 1_400, height: 900 };

/** The admin UI of a service with some jobs. All tests of the UI in a process share it and its browser. */
export type Site = {
  readonly service: TestService;
  readonly target: Target;
  readonly provider: TestProvider;
  readonly applicationId: number;
  /** The ids of its jobs by name. */
  readonly jobs: Readonly<Record<string, number>>;
  /** A page of an administrator or of a read-only user at this address; reused. */
  visit(path: string, who?: 'admin' | 'reader'): Promise<Page>;
  /**
   * A page of an administrator with separate cookies, closed after the test.
   * @param prepare runs before the page is loaded
   */
  separate(path: string, prepare?: (page: Page) => Promise<unknown>): Promise<Page>;
  /** A page with separate cookies and without a signed-in user, closed after the test. */
  stranger(path: string): Promise<Page>;
  /** Console errors of the pages since the last call. */
  complaints(): readonly string[];
};

let started: Promise<RunningSite> | undefined;
type RunningSite = Site & { afterTest(failed: boolean): Promise<void> };

/** Tests of the admin UI, each with the shared site. Console errors of a page fail the test. */
export const describePage = (title: string, define: (site: () => Site) => void): void =>
  describeInBrowser(title, () => {
    let site: RunningSite | undefined;
    before(async () => {
      started ??= startSite();
      site = await started;
    });
    afterEach(async function () {
      const said = site?.complaints() ?? [];
      await site?.afterTest(this.currentTest?.isFailed() === true || said.length > 0);
      expect(said).to.deep.equal([]);
    });
    define(() => {
      if (site === undefined) throw new Error('the site is there once a test runs');
      return site;
    });
  });

/** The row of a list that has this text. */
export const rowOf = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });

const startSite = async (): Promise<RunningSite> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const provider = await startIdentityProvider({
    redirectUri: `${url}/_/scheduler/sign-in/callback`,
    afterSignOut: `${url}${UI}`,
    users: { ada: { permissions: ['scheduler:jobs:read'] } },
  });
  const oidc = {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.clientId,
    OIDC_CLIENT_SECRET: CLIENT.clientSecret,
  };
  const [service, target, browser] = await Promise.all([
    startTestService({ PORT: String(port), PUBLIC_URL: url, ...oidc }),
    startTarget(),
    launchBrowser(),
  ]);
  atEnd(async () => {
    started = undefined;
    await browser.close();
    await target.close();
    await service.stop();
    await provider.close();
  });
  const { applicationId, jobs } = await furnish(service, target);
  const said: string[] = [];
  const pages = new Map<'admin' | 'reader', Page>();
  const closedAfterTest: Page[] = [];

  const newPage = async (): Promise<Page> => {
    // Endless animations are repainted all the time, which costs a third of the browser's work.
    const still = { colorScheme: 'light', reducedMotion: 'reduce' } as const;
    const context = await browser.newContext({ viewport: LOOK, timezoneId: 'UTC', ...still });
    const page = await context.newPage();
    page.setDefaultTimeout(ACTION_TIMEOUT_MS);
    page.on('pageerror', ({ message }) => said.push(message));
    page.on('console', (message) => {
      const { url: from } = message.location();
      // The provider's pages are not Carillon's: they lack an icon, which the browser requests late.
      const isOurs = !from.startsWith(provider.issuer);
      // Incomplete input is rejected, possibly after the next test has begun.
      const isHalfTyped = /status of 4(00|22)/.test(message.text()) && HALF_TYPED.test(from);
      if (isOurs && !isHalfTyped && message.type() === 'error') said.push(`${message.text()} ${from}`);
    });
    return page;
  };
  const close = (page: Page): Promise<void> => page.context().close();

  return {
    service,
    target,
    provider,
    applicationId,
    jobs,
    visit: async (path, who = 'admin') => {
      const known = pages.get(who);
      if (known !== undefined) {
        // As a link within the page does: nothing is loaded again, and no field keeps the focus.
        await known.evaluate(
          `document.activeElement?.blur(); history.pushState(null, '', ${JSON.stringify(`${UI}${path}`)})`,
        );
        return known;
      }
      const page = await newPage();
      pages.set(who, page);
      await openLink(page, `${url}${UI}${path}#token=${service.token(who === 'admin' ? ADMIN : READER)}`);
      await page.getByRole('navigation').first().waitFor({ timeout: LOAD_TIMEOUT_MS });
      return page;
    },
    separate: async (path, prepare) => {
      const page = await newPage();
      closedAfterTest.push(page);
      const headers = { Authorization: `Bearer ${service.token(ADMIN)}` };
      await page.context().request.post(`${url}/_/scheduler/session`, { headers });
      await prepare?.(page);
      await page.goto(`${url}${UI}${path}`, { timeout: LOAD_TIMEOUT_MS });
      return page;
    },
    stranger: async (path) => {
      const page = await newPage();
      closedAfterTest.push(page);
      await page.goto(`${url}${UI}${path}`, { timeout: LOAD_TIMEOUT_MS });
      return page;
    },
    complaints: () => said.splice(0),
    afterTest: async (failed) => {
      await Promise.all(closedAfterTest.splice(0).map(close));
      if (!failed) return;
      // Whatever it left open must not fail the next test.
      await Promise.all([...pages.values()].map(close));
      pages.clear();
    },
  };
};

/** Opens a link with a token, and confirms the sign-in. */
export const openLink = async (page: Page, link: string): Promise<void> => {
  await page.goto(link, { timeout: LOAD_TIMEOUT_MS });
  await page.getByRole('button', { name: /^Sign in as / }).click({ timeout: LOAD_TIMEOUT_MS });
};

/** State that a key changes immediately, whatever else changes on the page: the address, the focus, or the open dialogs. */
const STATE = `JSON.stringify([location.href, document.querySelectorAll('dialog[open], [role=dialog]').length])`;
const WATCH = `globalThis.beforeKey = { state: ${STATE}, focus: document.activeElement }`;
/** Returns whether any of it has changed; the page gets some turns of its event loop. */
const HAS_REACTED = `(async () => {
  const { state, focus } = globalThis.beforeKey;
  for (let turns = 0; turns < 100; turns += 1) {
    if (${STATE} !== state || document.activeElement !== focus) return true;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return false;
})()`;

/**
 * Presses a key that leads elsewhere, moves the focus, or opens or closes a dialog.
 * @param on the element to focus first; by default the focus is unchanged
 * @throws Error immediately if the page does not react, instead of a timeout of the test's next step
 */
export const press = async (page: Page, key: string, on?: Locator): Promise<void> => {
  await on?.focus();
  await page.evaluate(WATCH);
  await page.keyboard.press(key);
  if (await page.evaluate(HAS_REACTED)) return;
  throw new Error(`the page does not react to ${key} at ${await page.locator(':focus').evaluateAll(outerHtml)}`);
};

/** Replaces the content of a field by mouse and keys, like a person. A long text is pasted. */
export const type = async (field: Locator, text: string): Promise<void> => {
  if ((await field.getAttribute('type')) === 'datetime-local') return typeInstant(field, text);
  const { keyboard } = field.page();
  await field.click();
  await keyboard.press('ControlOrMeta+a');
  if (text === '') await keyboard.press('Backspace');
  else if (text.length > MAX_TYPED) await keyboard.insertText(text);
  else await keyboard.type(text);
};
const MAX_TYPED = 100;

/** Types the parts of an instant in the browser's order; a full part leads to the next, except the year. */
const typeInstant = async (field: Locator, text: string): Promise<void> => {
  const { keyboard } = field.page();
  await field.focus();
  if (text === '') {
    for (let part = 0; part < INSTANT_PARTS; part += 1) {
      await keyboard.press('Backspace');
      await keyboard.press('ArrowRight');
    }
    return;
  }
  const [, year = '', month = '', day = '', hour = '', minute = ''] = /^(.+)-(.+)-(.+)T(.+):(.+)$/.exec(text) ?? [];
  await keyboard.type(`${month}${day}${year}`);
  await keyboard.press('ArrowRight');
  const hours = Number(hour);
  await keyboard.type(`${String(hours % 12 || 12).padStart(2, '0')}${minute}${hours < 12 ? 'AM' : 'PM'}`);
};
const INSTANT_PARTS = 6;

const outerHtml = (focused: readonly { readonly outerHTML: string }[]): string =>
  focused[0]?.outerHTML.slice(0, 200) ?? '';

/** An application with jobs that sleep, one that fires each minute, and one that has failed. */
const furnish = async (service: TestService, target: Target) => {
  const api = service.as();
  const application = await api.post('/applications', { name: 'crm', displayName: 'Customers' });
  const applicationId: number = application.body.id;
  const jobs: Record<string, number> = {};
  const create = async (name: string, other: { path?: string; pattern?: string; team?: string } = {}) => {
    const { path = `/${name}`, pattern = '0 2 * * *', team = 'blue' } = other;
    const { body } = await api.post('/jobs', {
      applicationId,
      name,
      pattern,
      timezone: 'Europe/Berlin',
      labels: { team },
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}${path}`, method: 'POST' },
    });
    jobs[name] = body.id;
  };
  await create('nightly-sync');
  await create('hourly-export');
  await create('weekly-report', { team: 'red' });
  await create('each-minute', { pattern: '* * * * *', team: 'green' });
  await create('always-failing', { path: '/status?code=500', team: 'green' });
  await api.post(`/jobs/${jobs['always-failing']}/trigger`);
  await service.eventually(async () => {
    const { body } = await api.get(`/jobs/${jobs['always-failing']}`);
    return body.lastExecution?.status === 'failed' ? true : undefined;
  });
  return { applicationId, jobs };
};
