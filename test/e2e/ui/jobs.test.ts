import { expect } from 'chai';
import { describePage, press, rowOf, type } from '../../support/site.ts';

describePage('the admin page: overview and jobs', (site) => {
  it('shows on the overview what fires next, and which jobs need someone', async () => {
    const page = await site().visit('/');
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link', { name: 'each-minute' }).waitFor();
    const needs = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
    const failing = needs.filter({ hasText: 'always-failing' });
    // The head of several jobs has the error that they share.
    const errors = failing.or(page.locator('.need-head').filter({ hasText: 'answer' }));
    await errors.getByText(/The target responded with status 500 HTTP_500$/).waitFor();
    const isCut = await failing.locator('p').evaluateAll((lines) => lines.map((p) => p.scrollWidth > p.clientWidth));
    expect(isCut).to.not.include(true);
    const { y: needsAt = 0 } = (await needs.first().boundingBox()) ?? {};
    expect(needsAt, 'the first thing on the page').to.be.below(250);
    const carillon = page.getByRole('region', { name: 'System' });
    await carillon.getByText('read models').first().waitFor();
    expect((await carillon.boundingBox())?.height, 'one line as long as all is well').to.be.below(70);
    await carillon.getByRole('heading', { name: 'System' }).click();
    await carillon.getByText('executions', { exact: true }).waitFor();
  });

  it('shows what the target of a failing job responded, to those who can read executions', async () => {
    const { service } = site();
    const [admin, other] = await Promise.all([
      service.as().get('/attention'),
      service.as({ permissions: ['scheduler:jobs:read'] }).get('/attention'),
    ]);
    const responses = [admin, other].map(
      ({ body }) => body.jobs.find(({ jobName }: { jobName: string }) => jobName === 'always-failing')?.response,
    );
    expect(responses).to.deep.equal(['answer', undefined]);
    const page = await site().visit('/');
    const shown = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
    await shown.or(page.locator('.need-head')).getByText('answer', { exact: true }).first().waitFor();
  });

  it('reads the hours of a day or a week by keys, and lists the executions of some of them', async () => {
    const page = await site().visit('/');
    const week = page.waitForResponse(/\/stats\/hours\?hours=168$/);
    await page.getByRole('region', { name: 'Last 24 hours' }).getByRole('button', { name: '7 d' }).click();
    expect((await week).status()).to.equal(200);
    const bars = page.getByRole('region', { name: 'Last 7 days' }).locator('[role=slider][aria-valuemax="167"]');
    await bars.press('ArrowLeft');
    await bars.press('Shift+Home');
    await page.getByText(/: .*\d+ failed/).waitFor();
    await press(page, 'Enter', bars);
    await page.waitForURL(/\/executions\?from=.*&to=/);
    await rowOf(page, 'always-failing').first().waitFor();
  });

  it('opens the System section if there is an issue', async () => {
    const stopped = { name: 'executions', shape: 'x', status: 'stopped', parked: [] };
    const page = await site().separate('/', (page) =>
      page.route('**/projections', (route) => route.fulfill({ json: [stopped] })),
    );
    await page.getByRole('region', { name: 'System' }).getByText('executions', { exact: true }).waitFor();
  });

  it('shows the most urgent jobs, and all on request', async () => {
    const since = '2026-03-01T09:00:00.000Z';
    const needs = Array.from({ length: 30 }, (_, place) => ({
      kind: 'failing',
      jobId: 100 + place,
      jobName: `job ${place}`,
      application: 'crm',
      since,
      count: 30 - place,
    }));
    const page = await site().separate('/', (page) =>
      page.route('**/attention', (route) => route.fulfill({ json: { jobs: needs } })),
    );
    const shown = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
    await shown.first().waitFor();
    expect(await shown.count()).to.equal(12);
    expect(await page.title()).to.equal('(30) Overview · Carillon');
    const navigation = page.getByRole('navigation', { name: 'Pages' });
    await navigation.getByRole('link', { name: 'Overview 30 need attention' }).waitFor();
    await page.getByRole('button', { name: 'Show all 30' }).click();
    await shown.filter({ hasText: 'job 29' }).waitFor();
    expect(await shown.count()).to.equal(30);
  });

  it('reports for the slot under the pointer when it was, and the outcome of it', async () => {
    const slots = [
      { at: '2026-03-01T09:00:00.000Z', outcome: 'succeeded' },
      { at: '2026-03-01T10:00:00.000Z', outcome: 'missed', reason: 'ENGINE_DOWN' },
    ];
    const glances = [{ jobId: site().jobs['weekly-report'], scheduleText: 'Daily', slots }];
    const page = await site().separate('/jobs', (page) =>
      page.route('**/jobs/summaries?**', (route) => route.fulfill({ json: glances })),
    );
    const strip = rowOf(page, 'weekly-report').getByRole('img', { name: 'Last 2 slots: 1 succeeded, 1 missed' });
    const { width } = (await strip.boundingBox()) ?? { width: 0 };
    await strip.hover({ position: { x: width - 2, y: 10 } });
    await strip.locator('title', { hasText: /missed. No engine was claiming slots/ }).waitFor({ state: 'attached' });
    await strip.hover({ position: { x: width - 8, y: 10 } });
    await strip.locator('title', { hasText: /: succeeded$/ }).waitFor({ state: 'attached' });
  });

  it('finds a job as one types, and keeps that in the address', async () => {
    const page = await site().visit('/jobs');
    await rowOf(page, 'nightly-sync').waitFor();
    await press(page, '/');
    await page.keyboard.type('WEEKLY');
    await rowOf(page, 'nightly-sync').waitFor({ state: 'detached' });
    await rowOf(page, 'weekly-report').waitFor();
    expect(new URL(page.url()).search).to.equal('?name=WEEKLY');
    await page.reload();
    await rowOf(page, 'weekly-report').waitFor();
    expect(await rowOf(page, 'nightly-sync').count()).to.equal(0);
  });

  it('filters by one line, saves it under a name for the tenant, and deletes the name', async () => {
    const page = await site().visit('/jobs');
    await rowOf(page, 'nightly-sync').waitFor();
    await type(page.getByLabel('Search jobs by name'), 'label:team=green always');
    await rowOf(page, 'each-minute').waitFor({ state: 'detached' });
    await rowOf(page, 'always-failing').waitFor();
    expect(new URL(page.url()).search).to.equal('?name=always&label=team%3Agreen');
    await page.getByRole('button', { name: 'Save view…' }).click();
    await type(page.getByRole('dialog').getByLabel('Name'), 'green-always');
    await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click();
    const views = page.getByRole('navigation', { name: 'Saved views' });
    await views.getByRole('link', { name: 'green-always' }).and(page.locator('[aria-current]')).waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await rowOf(page, 'nightly-sync').waitFor();
    await views.getByRole('link', { name: 'green-always' }).click();
    await rowOf(page, 'nightly-sync').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Search jobs by name').inputValue()).to.equal('always label:team=green');
    await page.getByRole('button', { name: 'Delete view…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete view' }).click();
    await views.getByRole('link', { name: 'green-always' }).waitFor({ state: 'detached' });
  });

  it('selects all that match, and opens a row by a click beside its name', async () => {
    const page = await site().visit('/jobs?label=team:blue');
    await rowOf(page, 'weekly-report').waitFor({ state: 'detached' });
    await page.getByLabel('Select all that match').check();
    await page.getByText('All 2 matching jobs selected').waitFor();
    await page.getByRole('button', { name: 'Trigger', exact: true }).click();
    await page.getByRole('dialog', { name: 'Trigger 2 jobs?' }).getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Select nightly-sync').click();
    await page.getByText('matching jobs selected').waitFor({ state: 'detached' });
    await rowOf(page, 'nightly-sync').getByRole('cell', { name: 'Customers' }).click();
    await page.getByRole('heading', { level: 1, name: 'nightly-sync' }).waitFor();
  });

  it('ignores an older response after a newer one', async () => {
    const page = await site().visit('/jobs');
    await rowOf(page, 'nightly-sync').waitFor();
    let isHeld = false;
    await page.route(/name=\*weekly\*&/, async (route) => {
      isHeld = true;
      await page.getByText('No matching jobs').waitFor();
      await route.continue().catch(() => {});
    });
    const requested = page.waitForRequest(/name=\*weekly\*&/);
    await type(page.getByLabel('Search jobs by name'), 'weekly');
    await requested;
    await type(page.getByLabel('Search jobs by name'), 'weekly-nothing');
    await page.getByText('No matching jobs').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    expect(isHeld).to.equal(true);
    expect(await rowOf(page, 'weekly-report').count()).to.equal(0);
  });

  for (const look of [
    { width: 1_400, height: 900 },
    { width: 390, height: 800 },
  ]) {
    it(`states what was done if it covers nothing, ${look.width} px wide`, async () => {
      const page = await site().separate('/jobs', (page) => page.setViewportSize(look));
      await rowOf(page, 'weekly-report').waitFor();
      const barBefore = await page.getByRole('banner').boundingBox();
      await rowOf(page, 'weekly-report').getByRole('button', { name: 'Actions on weekly-report' }).click();
      await page.getByRole('menuitem', { name: 'Disable' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
      const toast = page.getByRole('status').filter({ hasText: 'Disabled weekly-report' });
      await toast.waitFor();
      const place = look.width > 800 ? page.locator('.side') : page.getByRole('banner');
      const bar = await page.getByRole('banner').boundingBox();
      expect(bar, 'the bar is as it was').to.deep.equal(barBefore);
      expect(isWithin(await toast.boundingBox(), await place.boundingBox()), 'it covers no content').to.equal(true);
      for (const name of ['Undo', 'Dismiss']) await toast.getByRole('button', { name }).click({ trial: true });
      await toast.getByRole('button', { name: 'Undo' }).click();
      await rowOf(page, 'weekly-report').getByText('Disabled', { exact: true }).waitFor({ state: 'detached' });
    });
  }

  it('disables all matching jobs after showing their number, undoes that, and shows each as one change', async () => {
    const page = await site().visit('/jobs?label=team:blue');
    await rowOf(page, 'weekly-report').waitFor({ state: 'detached' });
    await rowOf(page, 'nightly-sync').waitFor();
    await page.getByRole('button', { name: 'Actions for all…' }).click();
    await page.getByRole('menuitem', { name: 'Disable all matching jobs' }).click();
    await type(page.getByLabel('Reason'), 'Maintenance');
    await page.getByRole('button', { name: 'Disable 2 jobs' }).click();
    await page.getByText('2 jobs disabled').waitFor();
    await rowOf(page, 'nightly-sync').getByText('Disabled', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('2 jobs enabled').waitFor();
    await rowOf(page, 'nightly-sync').getByText('Disabled', { exact: true }).waitFor({ state: 'detached' });
    await site().visit('/audit?action=disableJob');
    const change = rowOf(page, 'Maintenance').first();
    await change.getByText('2 jobs').click();
    await change.getByRole('link', { name: 'Job nightly-sync' }).waitFor();
    await change.getByRole('link', { name: 'Job hourly-export' }).waitFor();
  });

  it('triggers all that match over a time', async () => {
    const page = await site().visit('/jobs?name=always-failing');
    await rowOf(page, 'nightly-sync').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Actions for all…' }).click();
    await page.getByRole('menuitem', { name: 'Trigger all matching jobs' }).click();
    await type(page.getByLabel('Spread over'), '1s');
    const requested = page.waitForRequest((request) => request.postDataJSON()?.spread === '1s');
    await page.getByRole('button', { name: 'Trigger 1 job' }).click();
    expect((await requested).postDataJSON()).to.include({ action: 'trigger', spread: '1s' });
    await page.getByText('1 job triggered').waitFor();
  });

  it('applies an action to the selected jobs, after confirmation', async () => {
    const page = await site().visit('/jobs');
    const dialog = page.getByRole('dialog');
    const names = ['weekly-report', 'hourly-export'];
    // What the page itself has done it shows at once, what others do only some seconds after its last look.
    for (const [verb, past, state] of [
      ['Disable', 'disabled', 'visible'],
      ['Enable', 'enabled', 'detached'],
    ] as const) {
      for (const name of names) await page.getByLabel(`Select ${name}`).check();
      await page.getByText('2 jobs selected').waitFor();
      await page.getByRole('button', { name: verb, exact: true }).click();
      await dialog.getByText(`${names.join(', ')}.`).waitFor();
      await dialog.getByRole('button', { name: `${verb} 2 jobs` }).click();
      await page.getByText(`2 jobs ${past}`).first().waitFor();
      await page.getByText('2 jobs selected').waitFor({ state: 'detached' });
      for (const name of names) await rowOf(page, name).getByText('Disabled', { exact: true }).waitFor({ state });
    }
  });

  it('states that the service is away, and continues by itself when it is back', async () => {
    const page = await site().visit('/jobs');
    await rowOf(page, 'nightly-sync').waitFor();
    await page.context().setOffline(true);
    await type(page.getByLabel('Search jobs by name'), 'weekly');
    await page.getByText("Can't reach Carillon").waitFor();
    await page.context().setOffline(false);
    await rowOf(page, 'nightly-sync').waitFor({ state: 'detached' });
    await rowOf(page, 'weekly-report').waitFor();
    await page.getByText("Can't reach Carillon").waitFor({ state: 'detached' });
    site().complaints();
  });

  it('requests nothing while it is paused', async () => {
    const { service } = site();
    const page = await site().separate('/');
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link').first().waitFor();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    const { body } = await service.as().post('/jobs/1/trigger', {});
    await page.evaluate(
      'window.dispatchEvent(new Event("focus")); document.dispatchEvent(new Event("visibilitychange"))',
    );
    await service.eventually(async () =>
      (await service.as().get(`/executions/${body.id}`)).body.status === 'pending' ? undefined : true,
    );
    expect(requested).to.deep.equal([]);
  });
});

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

const isWithin = (box: Box | null, around: Box | null): boolean =>
  box !== null &&
  around !== null &&
  box.x >= around.x &&
  box.y >= around.y &&
  box.x + box.width <= around.x + around.width &&
  box.y + box.height <= around.y + around.height;
