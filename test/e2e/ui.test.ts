import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { barriersIn, describeInBrowser, launchBrowser, overflowOf } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { CLIENT, startIdentityProvider, type TestProvider } from '../support/identity-provider.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startTarget, type Target } from '../support/target.ts';

const UI = '/_/scheduler/ui';
const ADMIN = { permissions: ['scheduler:admin'] };
const GIVE_UP_MS = 10_000;
const READER = { permissions: ['scheduler:jobs:read', 'scheduler:executions:read'] };

/** One service and one browser for the whole page: each test has a context of its own, with its own cookies. */
describeInBrowser('the admin page', function () {
  this.timeout(40_000);
  let service: TestService;
  let target: Target;
  let browser: Browser;
  let provider: TestProvider;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  before(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    provider = await startIdentityProvider({
      redirectUri: `${url}/_/scheduler/sign-in/callback`,
      afterSignOut: `${url}${UI}`,
      users: { ada: { permissions: ['scheduler:jobs:read'] } },
    });
    const oidc = {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: CLIENT.clientId,
      OIDC_CLIENT_SECRET: CLIENT.clientSecret,
    };
    [service, target, browser] = await Promise.all([
      startTestService({ PORT: String(port), PUBLIC_URL: url, ...oidc }),
      startTarget(),
      launchBrowser(),
    ]);
    const application = await service.as().post('/applications', { name: 'crm', displayName: 'Customers' });
    for (const name of ['nightly-sync', 'hourly-export', 'weekly-report']) {
      await service.as().post('/jobs', {
        applicationId: application.body.id,
        name,
        pattern: '0 2 * * *',
        timezone: 'Europe/Berlin',
        labels: { team: name === 'weekly-report' ? 'red' : 'blue' },
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/${name}`, method: 'POST' },
      });
    }
    const others = { applicationId: application.body.id, taskType: 'HttpInvokerTask' };
    await service.as().post('/jobs', {
      ...others,
      name: 'each-minute',
      pattern: '* * * * *',
      taskConfig: { url: `${target.origin}/each-minute`, method: 'GET' },
    });
    const failing = await service.as().post('/jobs', {
      ...others,
      name: 'always-failing',
      pattern: '0 2 * * *',
      taskConfig: { url: `${target.origin}/status?code=500`, method: 'GET' },
    });
    await service.as().post(`/jobs/${failing.body.id}/trigger`, {});
    await service.eventually(async () => {
      const { body } = await service.as().get(`/jobs/${failing.body.id}`);
      return body.lastExecution?.status === 'failed' ? true : undefined;
    });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(complaints.splice(0)).to.deep.equal([]);
  });
  after(async () => {
    await browser?.close();
    await target?.close();
    await service?.stop();
    await provider?.close();
  });

  type Look = { readonly width?: number; readonly theme?: 'light' | 'dark' };
  const open = async (
    path: string,
    claims: object | undefined,
    { width = 1_400, theme = 'light' }: Look = {},
  ): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(GIVE_UP_MS);
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // The provider's pages are not ours: they lack an icon, which the browser asks for late.
      const isOurs = !message.location().url.startsWith(provider.issuer);
      if (isOurs && message.type() === 'error') complaints.push(message.text());
    });
    const link = claims === undefined ? '' : `#token=${service.token({ ...claims })}`;
    await page.goto(`${service.url}${UI}${path}${link}`);
    return page;
  };
  const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

  it('signs in by a link, and its address keeps no token', async () => {
    const page = await open('/jobs', ADMIN);
    await row(page, 'nightly-sync').waitFor();
    expect(page.url()).to.equal(`${service.url}${UI}/jobs`);
    expect(await page.title()).to.equal('Jobs · Carillon');
  });

  it('signs in by a pasted token, and says why another does not', async () => {
    const page = await open('/jobs', undefined);
    await page.getByLabel('Or a token').fill('no token');
    await page.getByRole('button', { name: 'Sign in by the token' }).click();
    await page.getByRole('alert').waitFor();
    complaints.splice(0);
    await page.getByLabel('Or a token').fill(service.token(ADMIN));
    await page.getByRole('button', { name: 'Sign in by the token' }).click();
    await row(page, 'nightly-sync').waitFor();
  });

  it('signs in at an identity provider and comes back to where it was, and signs out there too', async () => {
    const page = await open('/jobs?name=weekly', undefined);
    await page.getByRole('link', { name: 'Sign in at the identity provider' }).click();
    await row(page, 'weekly-report').waitFor();
    expect(page.url()).to.equal(`${service.url}${UI}/jobs?name=weekly`);
    await page.getByText('ada · default').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    complaints.splice(0);
    await page.goto(`${service.url}${UI}/jobs`);
    await page.getByLabel('Or a token').waitFor();
  });

  it('finds a job as one types, and keeps that in the address', async () => {
    const page = await open('/jobs', ADMIN);
    await row(page, 'nightly-sync').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('WEEKLY');
    await row(page, 'nightly-sync').waitFor({ state: 'detached' });
    await row(page, 'weekly-report').waitFor();
    expect(new URL(page.url()).search).to.equal('?name=WEEKLY');
    await page.reload();
    await row(page, 'weekly-report').waitFor();
    expect(await row(page, 'nightly-sync').count()).to.equal(0);
  });

  it('disables all that match after saying how many, and takes it back', async () => {
    const page = await open('/jobs?label=team:blue', ADMIN);
    await row(page, 'nightly-sync').waitFor();
    await page.getByRole('button', { name: 'Act on all…' }).click();
    await page.getByRole('menuitem', { name: 'Disable all that match' }).click();
    await page.getByLabel('Reason').fill('Maintenance');
    await page.getByRole('button', { name: 'Disable 2 jobs' }).click();
    await page.getByText('2 jobs disabled').waitFor();
    await row(page, 'nightly-sync').getByText('disabled', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('2 jobs enabled').waitFor();
    await row(page, 'nightly-sync').getByText('disabled', { exact: true }).waitFor({ state: 'detached' });
  });

  it('shows on the overview what fires next, and which jobs need somebody', async () => {
    const page = await open('/', ADMIN);
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link', { name: 'each-minute' }).waitFor();
    const needs = page.getByRole('region', { name: 'Need attention' }).getByRole('listitem');
    await needs.filter({ hasText: 'always-failing' }).getByText('HTTP_500').waitFor();
    await page.getByRole('region', { name: 'Carillon itself' }).getByText('executions').waitFor();
  });

  it('opens a job by the keyboard, triggers it, and takes a change of it back', async () => {
    const page = await open('/jobs?name=hourly-export', ADMIN);
    await row(page, 'hourly-export').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'hourly-export' }).waitFor();
    await page.getByRole('region', { name: 'Definition' }).getByText('At 02:00 (Europe/Berlin)').waitFor();
    await page.getByRole('region', { name: 'Next slots' }).getByRole('listitem').nth(7).waitFor();
    await page.keyboard.press('t');
    await page.getByRole('dialog').getByRole('button', { name: 'Trigger' }).click();
    const executions = page.getByRole('region', { name: 'Executions' });
    await executions.getByRole('row').filter({ hasText: 'manual' }).getByText('failed').waitFor();
    await page.keyboard.press('e');
    await page.getByRole('dialog').getByLabel('Reason').fill('Stocktaking');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    const history = page.getByRole('region', { name: 'History' });
    const disabled = history.getByRole('listitem').filter({ hasText: 'Stocktaking' });
    await disabled.locator('summary').click();
    await disabled.getByRole('row', { name: '/enabled' }).waitFor();
    await page.getByText('v1', { exact: true }).click();
    await history.getByRole('button', { name: 'Revert to version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revert' }).click();
    await page.getByText('The job is what version 1 was').waitFor();
    await page.locator('.title-line').getByText('enabled').waitFor();
  });

  it('shows a job as it was, and offers no change of the past', async () => {
    const before = new Date().toISOString();
    await service.as().put('/jobs/3', { description: 'Changed since' });
    const page = await open(`/jobs/3?asOf=${before}`, ADMIN);
    await page.getByText(/^as it was at/).waitFor();
    expect(await page.getByText('Changed since').count()).to.equal(0);
    expect(await page.getByRole('button', { name: /Backfill|Actions/ }).count()).to.equal(0);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByText('Changed since').first().waitFor();
    await page.getByRole('button', { name: 'Backfill…' }).waitFor();
  });

  it('lists the slots of a backfill before anything is called', async () => {
    const page = await open('/jobs?name=each-minute', ADMIN);
    await page.getByRole('link', { name: 'each-minute' }).click();
    await page.getByRole('button', { name: 'Backfill…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('After').fill('2026-01-01T00:00');
    await dialog.getByLabel('Up to').fill('2026-01-01T00:05');
    await dialog.getByRole('button', { name: 'Call 5 slots' }).waitFor();
    const slots = dialog.getByRole('list', { name: 'Slots that would be called' });
    expect(await slots.getByRole('listitem').count()).to.equal(5);
    // Between the two fields, the span was too long.
    complaints.splice(0);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  it('keeps an older answer from taking the place of a newer one', async () => {
    const page = await open('/jobs', ADMIN);
    await row(page, 'nightly-sync').waitFor();
    let isHeld = false;
    await page.route(/name=weekly&/, async (route) => {
      isHeld = true;
      await page.getByText('No job matches').waitFor();
      await route.continue().catch(() => {});
    });
    await page.getByLabel('Search jobs by name').fill('weekly');
    await page.waitForRequest(/name=weekly&/);
    await page.getByLabel('Search jobs by name').fill('weekly-nothing');
    await page.getByText('No job matches').waitFor();
    expect(isHeld).to.equal(true);
    expect(await row(page, 'weekly-report').count()).to.equal(0);
  });

  it('says that the service is away, and goes on by itself when it is back', async () => {
    const page = await open('/', ADMIN);
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link').first().waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await row(page, 'nightly-sync').waitFor();
    await page.context().setOffline(true);
    await page.getByLabel('Search jobs by name').fill('weekly');
    await page.getByText('Carillon does not answer').waitFor({ timeout: 15_000 });
    await page.context().setOffline(false);
    await row(page, 'nightly-sync').waitFor({ state: 'detached', timeout: 15_000 });
    await row(page, 'weekly-report').waitFor();
    await page.getByText('Carillon does not answer').waitFor({ state: 'detached' });
    complaints.splice(0);
  });

  it('asks for nothing while it is paused', async () => {
    const page = await open('/', ADMIN);
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link').first().waitFor();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await service.as().post('/jobs/1/trigger', {});
    await page.evaluate(
      'window.dispatchEvent(new Event("focus")); document.dispatchEvent(new Event("visibilitychange"))',
    );
    await service.eventually(async () => (await service.as().get('/jobs/1')).body.lastExecution ?? undefined);
    expect(asked).to.deep.equal([]);
  });

  it('weighs at most 150 KB, gzipped, for the first page', async () => {
    const page = await open('/jobs', undefined);
    const files = new Set<string>();
    page.on('request', (request) => {
      if (request.url().includes(UI)) files.add(request.url().split('#', 1)[0] ?? '');
    });
    await page.goto(`${service.url}${UI}/#token=${service.token(ADMIN)}`);
    await page.reload();
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link').first().waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await row(page, 'nightly-sync').waitFor();
    const sizes = await Promise.all(
      [...files].map(async (file) => {
        const { headers } = await fetch(file, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
        return Number(headers.get('content-length'));
      }),
    );
    expect(sizes.length).to.be.above(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(20_000, 150_000);
  });

  /** The id of the execution that always fails. */
  const failedExecution = async (): Promise<number> => {
    const { body } = await service.as().get('/executions?jobName=always-failing&status=failed');
    return body[0].id;
  };

  it('shows an execution with its error and what to do, and runs it again', async () => {
    const page = await open(`/executions/${await failedExecution()}`, ADMIN);
    await page.getByRole('region', { name: 'Error' }).getByText('Correct the target or the request').waitFor();
    const attempts = page.getByRole('region', { name: 'Attempts' });
    await attempts
      .getByRole('row', { name: /^Attempt 1/ })
      .getByText('HTTP_500')
      .waitFor();
    await page.getByRole('region', { name: 'Request' }).getByText('/status').waitFor();
    const first = page.url();
    await page.keyboard.press('r');
    await page.getByRole('dialog').getByLabel('Reason').fill('Once more');
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    await page.getByText('Runs again').waitFor();
    expect(page.url()).not.to.equal(first);
    await page.getByRole('region', { name: 'Error' }).waitFor();
    await page.getByRole('link', { name: '← Previous' }).click();
    await page.waitForURL(first);
    await page.getByRole('link', { name: 'Next →' }).waitFor();
  });

  it('does not offer to run an execution again to somebody who may only read', async () => {
    const page = await open(`/executions/${await failedExecution()}`, READER);
    await page.getByRole('region', { name: 'Attempts' }).waitFor();
    expect(await page.getByRole('button', { name: /Run again|Cancel/ }).count()).to.equal(0);
  });

  it('creates a job after showing what it would do, and says beside the fields what is wrong', async () => {
    const page = await open('/jobs/new', ADMIN);
    await page.getByLabel('Name').fill('tea-time');
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    await pattern.fill('0 17 * *');
    await page.locator('input[aria-invalid="true"] ~ .field-wrong').waitFor();
    complaints.splice(0);
    await pattern.fill('0 17 * * *');
    await page.getByLabel('Time zone').fill('Europe/London');
    await page.getByLabel('URL').fill(`${target.origin}/tea`);
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('At 17:00 (Europe/London)').waitFor();
    await preview.getByText('The target may be called').waitFor();
    const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss());
    await page.getByRole('link', { name: 'Cancel' }).click();
    await asked;
    expect(new URL(page.url()).pathname, 'stays with what is not saved').to.equal(`${UI}/jobs/new`);
    await page.getByRole('button', { name: 'Create the job' }).click();
    await page.getByRole('heading', { level: 1, name: 'tea-time' }).waitFor();
  });

  it('shows what somebody else has saved meanwhile, and saves upon that', async () => {
    const { body: jobs } = await service.as().get('/jobs?name=weekly-report');
    const page = await open(`/jobs/${jobs[0].id}/edit`, ADMIN);
    await page.getByLabel('Description').fill('Mine');
    await service.as().put(`/jobs/${jobs[0].id}`, { pattern: '0 3 * * *' });
    await page.getByRole('button', { name: 'Save' }).click();
    const conflict = page.getByRole('region', { name: 'Somebody else has changed' });
    await conflict.getByRole('row', { name: /pattern/ }).waitFor();
    complaints.splice(0);
    await conflict.getByRole('button', { name: 'Keep my changes' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('weekly-report is saved').waitFor();
    const { body: saved } = await service.as().get(`/jobs/${jobs[0].id}`);
    expect([saved.description, saved.pattern]).to.deep.equal(['Mine', '0 3 * * *']);
  });

  it('asks before a link takes the place of a session', async () => {
    const page = await open('/jobs', READER);
    await row(page, 'nightly-sync').waitFor();
    await page.goto(`${service.url}${UI}/nowhere`);
    await page.goto(`${service.url}${UI}/jobs#token=${service.token({ sub: 'eve', ...ADMIN })}`);
    const dialog = page.getByRole('dialog', { name: 'Sign in by the link instead?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await row(page, 'nightly-sync').waitFor();
    expect(await page.getByRole('link', { name: 'New job' }).count(), 'still who only reads').to.equal(0);
  });

  it('pauses an application and lifts that, and finds both in the audit', async () => {
    const page = await open('/pauses', ADMIN);
    await page.getByText('Nothing is paused').waitFor();
    await page.getByRole('button', { name: 'Pause…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Application', { exact: true }).selectOption({ label: 'Customers' });
    await dialog.getByLabel('Reason').fill('New racks');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await row(page, 'New racks').getByRole('button', { name: 'Lift…' }).click();
    await dialog.getByRole('button', { name: 'Lift' }).click();
    await page.getByText('Nothing is paused').waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await row(page, 'New racks').getByText('done').waitFor();
    await page.getByLabel('Outcome').selectOption('refused');
    await row(page, 'New racks').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).to.equal('?outcome=refused');
  });

  it('sets a variable, a secret that is never shown again, a limit and a calendar', async () => {
    const page = await open('/applications', ADMIN);
    await page.getByRole('link', { name: 'crm', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const set = async (one: string, fields: Readonly<Record<string, string>>) => {
      await page.getByRole('button', { name: `New ${one}…` }).click();
      for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label, { exact: true }).fill(value);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    await set('variable', { Name: 'STAGE', Value: 'blue' });
    await row(page, 'STAGE').getByText('blue').waitFor();
    await set('secret', { Name: 'API_KEY', Value: 'open sesame', 'Allowed origins': 'https://service.example.com' });
    await row(page, 'API_KEY').getByText('https://service.example.com').waitFor();
    await page.getByRole('button', { name: 'Change API_KEY' }).click();
    expect(await dialog.getByLabel('Value').inputValue()).to.equal('');
    expect(await page.content()).not.to.contain('open sesame');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await set('limit', { Name: 'slow', 'Calls at once': '2' });
    await row(page, 'slow').getByText('2 calls').waitFor();
    await page.getByRole('button', { name: 'Delete slow' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No limits').waitFor();
    await page.getByRole('link', { name: 'Calendars' }).click();
    await set('calendar', { Name: 'holidays', Dates: '2026-12-25 2027-01-01' });
    await row(page, 'holidays').getByText('2 dates').waitFor();
  });

  it('verifies a read model', async () => {
    const page = await open('/projections', ADMIN);
    await row(page, 'operations').getByRole('button', { name: 'Verify…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
    await row(page, 'operations').getByText('as the log says').waitFor({ timeout: 20_000 });
  });

  it('does not offer what somebody may only read', async () => {
    const page = await open('/jobs', READER);
    await row(page, 'nightly-sync').waitFor();
    expect(await page.getByRole('button', { name: /Act(ions)? on/ }).count()).to.equal(0);
  });

  it('says that the session has ended, and goes on where it was', async () => {
    const page = await open('/jobs?name=weekly', ADMIN);
    await row(page, 'weekly-report').waitFor();
    await page.context().clearCookies();
    await page.getByLabel('Owner').fill('ann');
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    complaints.splice(0);
    await page.getByLabel('Or a token').fill(service.token(ADMIN));
    await page.getByRole('button', { name: 'Sign in by the token' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await row(page, 'weekly-report').waitFor();
  });

  for (const [path, ready] of [
    ['/', 'Overview'],
    ['/jobs', 'Jobs'],
    ['/jobs/1', 'nightly-sync'],

    ['/executions/1', 'Execution 1'],
    ['/jobs/new', 'New job'],
    ['/applications', 'Applications'],
    ['/applications/1', 'Customers'],
    ['/calendars', 'Calendars'],
    ['/pauses', 'Pauses'],
    ['/audit', 'Audit'],
    ['/projections', 'Projections'],
    ['/nowhere', 'Not found'],
  ] as const) {
    for (const look of [
      { width: 1_400, theme: 'light' },
      { width: 390, theme: 'dark' },
    ] as const) {
      it(`has no barriers at ${path} in ${look.theme}, ${look.width} px wide`, async () => {
        const page = await open(path, ADMIN, look);
        await page.getByRole('heading', { level: 1, name: ready }).waitFor();
        expect(await barriersIn(page)).to.deep.equal([]);
        expect(await overflowOf(page), 'pixels wider than the window').to.equal(0);
      });
    }
  }
});
