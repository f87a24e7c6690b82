import { expect } from 'chai';
import type { Page, Request } from 'playwright-core';
import type { TestService } from '../../../support/service.ts';
import { describePage, rowOf, type, UI } from '../../../support/site.ts';

/** Where somebody can type, in which fields, and what an event makes the page ask for; undefined for nothing. */
const FIELDS = [
  ['/jobs', /Search jobs/, /\/jobs\?/],
  ['/executions', /job’s name|Words of|Code of|Label/, /\/executions\?/],
  ['/audit', /Who|Action|Code of/, /\/audit\?/],
  ['/jobs/new', /Name|URL|Headers|Body|Pattern|Description|Reason/, undefined],
  ['/jobs/1/edit', /URL|Description|Reason/, undefined],
] as const;
const TIMES = [
  ['/executions?from=2026-01-01T00:00:00.000Z', 'From', /\/executions\?/],
  ['/?asOf=2026-01-01T00:00:00.000Z', 'Point in time', undefined],
] as const;

/** Without an event, the page looks again only after this time. */
const UNASKED_MS = 60_000;

/** The list of jobs is not looked at again within so long. */
const REST_MS = 5_000;

describePage('the admin page, while events come in', (site) => {
  /** Has a job change and fire, and waits until the page has asked for what that touches, where it is to do so. */
  const happen = async (page: Page, asksFor: RegExp | undefined): Promise<void> => {
    const api = site().service.as();
    const id = site().jobs['weekly-report'];
    const requested = asksFor === undefined ? undefined : page.waitForResponse(asksFor);
    await api.put(`/jobs/${id}`, { description: `Changed at ${new Date().toISOString()}` });
    await api.post(`/jobs/${id}/trigger`);
    await requested;
  };

  for (const [path, labels, asksFor] of FIELDS) {
    it(`keeps what is typed at ${path}`, async () => {
      const page = await site().visit(path);
      const fields = page.getByRole('main').getByLabel(labels);
      await fields.first().waitFor();
      for (const field of await fields.all()) {
        await type(field, '');
        await field.press('a');
        await happen(page, asksFor);
        await field.press('b');
        expect(await field.evaluate((at) => ('value' in at ? at.value : at.textContent))).to.equal('ab');
        await type(field, '');
      }
      // Half a URL or pattern is rejected by the preview.
      site().complaints();
      await site().visit('/');
      await page
        .getByRole('heading', { level: 1, name: 'Overview' })
        .or(page.getByRole('button', { name: 'Leave' }))
        .waitFor();
      if (await page.getByRole('button', { name: 'Leave' }).isVisible()) {
        await page.getByRole('button', { name: 'Leave' }).click();
      }
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    });
  }

  it('shows what happened though the first response after the event is from before it', async () => {
    const api = site().service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId: site().applicationId, name: 'lagging', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${site().target.origin}/silent`, method: 'GET', timeout: '10m' },
    });
    const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
    const page = await site().visit(`/executions/${execution.id}`);
    await page.locator('.title-line').getByText('running').waitFor();
    const { body: before } = await api.get(`/executions/${execution.id}`);
    await page.route(`**/executions/${execution.id}`, (route) => route.fulfill({ json: before }), { times: 1 });
    await api.post(`/executions/${execution.id}/cancel`);
    await page
      .locator('.title-line')
      .getByText('cancelled')
      .waitFor({ timeout: UNASKED_MS / 2 });
    await api.delete(`/jobs/${job.id}`);
  });

  for (const [path, label, asksFor] of TIMES) {
    it(`keeps a time that is typed at ${path}`, async () => {
      const page = await site().visit(path);
      const field = page.getByLabel(label);
      await field.focus();
      await press(page, ['0', '3', '0', '4', '2', '0', '2']);
      await happen(page, asksFor);
      await press(page, ['5', 'ArrowRight', '0', '9']);
      await happen(page, asksFor);
      await press(page, ['3', '0', 'A']);
      expect(await field.inputValue()).to.equal('2025-03-04T09:30');
      await page.waitForURL(/2025-03-04/);
      // Nothing is kept of so long ago.
      site().complaints();
    });
  }

  it('is live in seven tabs by one stream, which none that is hidden follows', async () => {
    const { service, jobs } = site();
    const admin = await site().visit('/jobs');
    await isLive(admin);
    const before = await streamsOf(service);
    const first = await site().separate('/jobs', (page) => page.context().clock.install());
    const others = await Promise.all(Array.from({ length: 6 }, () => first.context().newPage()));
    await Promise.all(others.map((tab) => tab.goto(`${service.url}${UI}/jobs`)));
    const tabs = [first, ...others];
    for (const tab of tabs) {
      await rowOf(tab, 'nightly-sync').waitFor();
      await isLive(tab);
    }
    await untilStreams(service, before + 1);
    const disabled = (tab: Page) => rowOf(tab, 'nightly-sync').getByText('Disabled', { exact: true });
    await service.as().post(`/jobs/${jobs['nightly-sync']}/disable`);
    for (const tab of tabs) await disabled(tab).waitFor();
    for (const tab of others) await hide(tab, true);
    await first.clock.fastForward(REST_MS);
    await service.as().post(`/jobs/${jobs['nightly-sync']}/enable`);
    await disabled(first).waitFor({ state: 'detached' });
    await hide(first, true);
    await untilStreams(service, before);
    await first.clock.fastForward(REST_MS);
    const requested = first.waitForRequest(/\/jobs\?/);
    await hide(first, false);
    await requested;
    await isLive(first);
  });

  it('looks now and then if a browser can have no stream for all its tabs', async () => {
    const { service } = site();
    await isLive(await site().visit('/jobs'));
    const before = await streamsOf(service);
    const page = await site().separate('/jobs', (page) => page.addInitScript('delete window.SharedWorker'));
    await page.getByRole('button', { name: 'Every 30 s' }).waitFor();
    await rowOf(page, 'nightly-sync').waitFor();
    await untilStreams(service, before);
  });

  it('sends at most 20 requests a minute, even while the stream breaks repeatedly', async () => {
    const { jobs } = site();
    const page = await site().separate('/executions/1', async (page) => {
      await page.clock.install();
      await page.addInitScript(TOLD_STREAM);
    });
    await page.getByRole('heading', { name: 'Execution 1', exact: true }).waitFor();
    // Else it goes on by itself too, and a minute here is longer on a busy machine.
    await page.clock.pauseAt(Date.now() + 60_000);
    let requested = 0;
    const open = new Set<Request>();
    let ended = Promise.withResolvers<void>();
    page.on('request', (request) => {
      requested += 1;
      open.add(request);
    });
    const end = (request: Request): void => {
      open.delete(request);
      ended.resolve();
      ended = Promise.withResolvers();
    };
    page.on('requestfinished', end);
    page.on('requestfailed', end);
    /** Once nothing is under way that the page may go on from: its clock stands. */
    const responded = async (): Promise<void> => {
      await page.evaluate('0');
      if (open.size === 0) return;
      await ended.promise;
      await responded();
    };
    const ran = `{ happened: { definitions: new Set(), runs: new Set([${jobs['each-minute']}]) } }`;
    for (const [happens, paths] of [
      [`tell(${ran})`, ['/', '/jobs?name=weekly', `/jobs/${jobs['weekly-report']}`, '/executions/1']],
      ['tell({ isOpen: false }); tell({ isOpen: true })', ['/jobs?name=weekly', '/executions/1']],
    ] as const) {
      const minute = async (): Promise<number> => {
        const before = requested;
        for (let seconds = 0; seconds < 60; seconds += 5) {
          await page.evaluate(happens);
          await page.clock.runFor(5_000);
        }
        await responded();
        return requested - before;
      };
      for (const path of paths) {
        await page.evaluate(`tell({ isOpen: true }); history.pushState(null, '', ${JSON.stringify(UI + path)})`);
        // In the first minute it is loaded, some of it in the second.
        await minute();
        await minute();
        expect(await minute(), `${path} after ${happens}`).to.be.within(1, 20);
      }
    }
  });

  it('reloads only what an event changes', async () => {
    const { service, jobs } = site();
    const page = await site().separate(`/jobs/${jobs['weekly-report']}`);
    await page.getByRole('region', { name: 'History' }).getByRole('listitem').first().waitFor();
    await isLive(page);
    const requested: string[] = [];
    page.on('request', (request) => requested.push(new URL(request.url()).pathname.replace('/_/scheduler', '')));
    const own = `/jobs/${jobs['weekly-report']}`;
    await service.as().post(`/jobs/${jobs['hourly-export']}/trigger`);
    const again = page.waitForResponse((response) => response.url().includes(`${own}/executions?limit=20`));
    await service.as().post(`${own}/trigger`);
    await again;
    expect(requested).to.include(own);
    expect(requested, 'no run changes the history').not.to.include(`${own}/history`);
    requested.splice(0);
    const history = page.waitForResponse((response) => response.url().includes(`${own}/history`));
    await service.as().put(own, { description: 'Another one' });
    await history;
  });
});

/** In the place of the stream of all tabs: what a test tells the page. */
const TOLD_STREAM = `
  window.SharedWorker = class {
    port = { postMessage: () => {}, onmessage: null };
    constructor() {
      window.tell = (data) => this.port.onmessage?.({ data });
    }
  };`;

const isLive = (page: Page): Promise<void> => page.getByRole('button', { name: 'Live', exact: true }).waitFor();

/** The service lets each user have so many streams. */
const MOST = 10;
const MAX_LOOKS = 50;

/** How many streams of events an administrator has open: all but those that can still be opened. */
const streamsOf = async ({ url, token }: TestService): Promise<number> => {
  const leaving = new AbortController();
  const requested = { headers: { Authorization: `Bearer ${token()}` }, signal: leaving.signal };
  let free = 0;
  while (free < MOST && (await fetch(`${url}/_/scheduler/events`, requested)).ok) free += 1;
  leaving.abort();
  return MOST - free;
};

/** Waits until so many are open: it takes a moment until the service knows that one is closed. */
const untilStreams = async (service: TestService, wanted: number): Promise<void> => {
  for (let looks = 0; (await streamsOf(service)) !== wanted; looks += 1) {
    if (looks === MAX_LOOKS) throw new Error(`there are never ${wanted} streams`);
  }
};

const press = async (page: Page, keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

const hide = (page: Page, isHidden: boolean): Promise<unknown> =>
  page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));`);
