import { expect } from 'chai';
import type { Request } from 'playwright-core';
import { describePage, press, rowOf, type } from '../../support/site.ts';

describePage('the admin page: executions, and earlier states', (site) => {
  it('lists the executions of all jobs by the filters of the address, one page at a time', async () => {
    const { service, jobs } = site();
    const api = service.as();
    const id = jobs['each-minute'];
    const span = { from: '2026-01-02T00:00:00Z', to: '2026-01-02T00:55:00Z', parallel: 50 };
    const { body: backfill } = await api.post(`/jobs/${id}/backfills`, span);
    await service.eventually(async () => {
      const { body } = await api.get(`/jobs/${id}/backfills/${backfill.id}`);
      return body.waiting + body.running === 0 ? true : undefined;
    });
    const page = await site().visit('/executions?trigger=backfill');
    await rowOf(page, 'each-minute').nth(49).waitFor();
    const first = await page.getByRole('row').nth(1).textContent();
    await page.getByRole('link', { name: 'Older →' }).click();
    await page.getByRole('link', { name: 'Newest' }).waitFor();
    await rowOf(page, 'each-minute').nth(49).waitFor({ state: 'detached' });
    await rowOf(page, 'each-minute').nth(4).waitFor();
    expect(new URL(page.url()).searchParams.get('trigger')).to.equal('backfill');
    await page.getByRole('link', { name: '← Newer' }).click();
    await rowOf(page, 'each-minute').nth(49).waitFor();
    expect(await page.getByRole('row').nth(1).textContent()).to.equal(first);
    await type(page.getByLabel('Words in the error'), 'status 500');
    await page.getByLabel('Words in the error').press('Enter');
    await page.getByText('No matching executions').waitFor();
    await page.getByLabel('Trigger').selectOption('');
    await rowOf(page, 'always-failing').first().waitFor();
    expect(new URL(page.url()).search).to.equal('?errorText=status+500');
  });

  it('shows the job and lateness of an execution, clips long names, and uses two lines per execution on a phone', async () => {
    const api = site().service.as();
    const name = `named-${'long'.repeat(20)}`;
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId: site().applicationId, name, pattern: '0 2 * * *', overlap: 'queue' },
      ...{
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${site().target.origin}/silent`, method: 'GET', timeout: '10m' },
      },
    });
    // The second one waits, and so has no snapshot that would say the name.
    await api.post(`/jobs/${job.id}/trigger`);
    await api.post(`/jobs/${job.id}/trigger`);
    const page = await site().visit(`/executions?jobName=${name}&status=pending`);
    const row = rowOf(page, name);
    await row.waitFor();
    const cell = row.getByTitle(name);
    const isClipped = (element: { scrollWidth: number; clientWidth: number }) =>
      element.scrollWidth > element.clientWidth;
    expect(await cell.evaluate(isClipped)).to.equal(true);
    await row.getByText('Customers').waitFor();
    await page.getByRole('columnheader', { name: 'Late' }).waitFor();
    await page.setViewportSize({ width: 390, height: 900 });
    try {
      const [block, filters] = await Promise.all([row.boundingBox(), page.getByRole('search').boundingBox()]);
      expect(block?.width, 'each is as wide as the window').to.be.within(300, 390);
      expect(block?.height, 'two lines').to.be.within(40, 80);
      await row.getByText('Pending').waitFor();
      expect(filters?.height).to.be.below(60);
    } finally {
      await page.setViewportSize({ width: 1_400, height: 900 });
      await api.delete(`/jobs/${job.id}`);
    }
  });

  it('lists the execution of a deleted job without requesting the job', async () => {
    const api = site().service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId: site().applicationId, name: 'soon-gone', pattern: '0 2 * * *', overlap: 'queue' },
      ...{
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${site().target.origin}/silent`, method: 'GET', timeout: '10m' },
      },
    });
    await api.post(`/jobs/${job.id}/trigger`);
    await api.post(`/jobs/${job.id}/trigger`);
    const page = await site().visit('/');
    await api.delete(`/jobs/${job.id}`);
    const waits = { ...(await api.get(`/jobs/${job.id}/executions?sort=createdAt`)).body[1], status: 'pending' };
    await page.route(/\/executions\?jobName=\*soon-gone\*/, (route) => route.fulfill({ json: [waits] }));
    const requested: string[] = [];
    const hear = (request: Request) => requested.push(request.url());
    page.on('request', hear);
    await site().visit('/executions?jobName=soon-gone');
    await rowOf(page, waits.jobName ?? `Job ${job.id}`).waitFor();
    page.off('request', hear);
    expect(requested.filter((url) => /\/jobs\/\d+$/.test(url))).to.deep.equal([]);
    await page.unroute(/\/executions\?jobName=\*soon-gone\*/);
  });

  it('counts matching executions over time by outcome, and is narrowed to a span by keys and by dragging', async () => {
    const page = await site().visit('/executions?jobName=always-failing');
    const histogram = page.getByRole('region', { name: 'Executions over time' });
    const bars = histogram.getByRole('slider', { name: 'Executions over time' });
    await rowOf(page, 'always-failing').first().waitFor();
    await histogram.getByRole('button', { name: '1 h', exact: true }).click();
    await page.waitForURL(/span=1h/);
    await bars.press('Home');
    await bars.press('Shift+End');
    await histogram.getByText(/: \d+ failed$/).waitFor();
    await press(page, 'Enter', bars);
    await page.waitForURL(/[?&]from=/);
    expect(new URL(page.url()).searchParams.has('span')).to.equal(false);
    await rowOf(page, 'always-failing').first().waitFor();
    await histogram.getByRole('button', { name: 'Any time' }).click();
    await histogram.getByRole('button', { name: '30 d', exact: true }).click();
    await page.waitForURL(/span=30d/);
    await bars.press('Home');
    await histogram.getByText('no executions').waitFor();
    await bars.hover({ position: { x: 2, y: 20 } });
    await page.mouse.down();
    await bars.hover();
    await page.mouse.up();
    await page.waitForURL(/[?&]to=/);
    await page.getByText('No matching executions').waitFor();
  });

  it('has the service count all executions of a span of several hours', async () => {
    const page = await site().visit('/executions');
    const counted = page.waitForResponse(/\/stats\/hours\?hours=2[45]$/);
    await page.getByRole('region', { name: 'Executions over time' }).getByRole('button', { name: '24 h' }).click();
    expect((await counted).status()).to.equal(200);
    const bars = page.getByRole('slider', { name: 'Executions over time' });
    await bars.press('Home');
    await bars.press('Shift+End');
    await page.getByText(/: .*\d+ failed/).waitFor();
  });

  it('reruns all matching executions, after showing their number', async () => {
    const { service, target, applicationId } = site();
    const api = service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'again', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${target.origin}/status?code=500`, method: 'POST' },
    });
    for (const failures of [1, 2]) {
      await api.post(`/jobs/${job.id}/trigger`);
      await service.eventually(async () => {
        const { body } = await api.get(`/jobs/${job.id}/executions?status=failed`);
        return body.length === failures ? true : undefined;
      });
    }
    const page = await site().visit('/executions?jobName=again&status=failed');
    await rowOf(page, 'again').nth(1).waitFor();
    await page.getByRole('button', { name: 'Actions for all…' }).click();
    expect(await page.getByRole('menuitem').allInnerTexts()).to.deep.equal(['Rerun all matching executions']);
    await page.getByRole('menuitem').click();
    await page.getByRole('dialog').getByText('2 executions match your filters').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Rerun 2 executions' }).click();
    await page.getByText(/executions? rerun/).waitFor();
    await page.locator('.progress').getByRole('button', { name: 'Dismiss' }).click();
    await page.getByLabel('Trigger').selectOption({ label: 'Rerun' });
    await rowOf(page, 'again').first().waitFor();
    await site().visit('/jobs');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await api.delete(`/jobs/${job.id}`);
  });

  it('copies a request as cURL and an id, shows them if there is no clipboard, and prints the page', async () => {
    const { body: executions } = await site().service.as().get('/executions?jobName=always-failing&limit=1');
    const page = await site().visit(`/executions/${executions[0].id}`);
    const clipboard = (value: string) =>
      page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: ${value}, configurable: true })`);
    await clipboard('{ writeText: async (text) => { globalThis.copied = text; } }');
    await page.getByRole('button', { name: 'Copy request as cURL' }).click();
    await page.getByText('Copied: request as cURL').waitFor();
    expect(await page.evaluate('copied')).to.include(`curl -X 'POST' '${executions[0].jobSnapshot.url}'`);
    await clipboard('undefined');
    await page.getByRole('button', { name: 'Copy id' }).click();
    const dialog = page.getByRole('dialog', { name: 'id' });
    expect(await dialog.getByRole('textbox').inputValue()).to.equal(String(executions[0].id));
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('navigation', { name: 'Pages' }).isVisible()).to.equal(false);
    expect(await page.getByRole('button').filter({ visible: true }).count()).to.equal(0);
    await page.getByRole('region', { name: 'Request' }).waitFor();
    await page.emulateMedia({ media: null });
  });

  it('shows the overview, the list of jobs and an execution as they were', async () => {
    const api = site().service.as();
    const { body: executions } = await api.get('/executions?jobName=always-failing&limit=1');
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId: site().applicationId, name: 'made-later', pattern: '0 2 * * *' },
      ...{ taskType: 'HttpInvokerTask', taskConfig: { url: 'http://127.0.0.1:9/', method: 'GET' } },
    });
    const asOf = new Date(Date.parse(job.createdAt) - 1).toISOString();
    const page = await site().visit(`/jobs?asOf=${asOf}`);
    await rowOf(page, 'nightly-sync').waitFor();
    expect(await rowOf(page, 'made-later').count()).to.equal(0);
    expect(await page.getByRole('button', { name: /^Act/ }).count()).to.equal(0);
    await site().visit(`/?asOf=${asOf}`);
    await page.getByText('Running at that time').waitFor();
    expect(await page.getByRole('region', { name: 'Next hour' }).count()).to.equal(0);
    await site().visit(`/executions/${executions[0].id}?asOf=${asOf}`);
    await page.getByText(/^As of/).waitFor();
    expect(await page.getByRole('button', { name: 'Run again…' }).count()).to.equal(0);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('button', { name: 'Run again…' }).waitFor();
    await page.getByRole('button', { name: 'View at a past time…' }).click();
    await page.getByLabel('Point in time').and(page.locator(':focus')).waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByLabel('Point in time').waitFor({ state: 'detached' });
    await api.delete(`/jobs/${job.id}`);
  });

  it('finds changes by their application and time', async () => {
    const page = await site().visit('/audit?action=createApplication&from=2026-01-01T00:00:00.000Z');
    await rowOf(page, 'createApplication').getByText('Create application').first().waitFor();
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    await page.waitForURL(/applicationId=/);
    await rowOf(page, 'createApplication').waitFor();
    await type(page.getByLabel('Before'), '2026-01-02T00:00');
    await page.getByText('No matching entries').waitFor();
  });

  it('explains the code that a change was rejected with', async () => {
    const page = await site().visit('/');
    const rejected = {
      ...{ at: '2026-01-01T00:00:00.000Z', actor: 'rita', action: 'createApplication', of: { path: '/applications' } },
      ...{ outcome: 'rejected', code: 'FORBIDDEN', count: 2, requestId: 'one' },
    };
    await page.route(/\/audit\?/, (route) => route.fulfill({ json: [rejected] }));
    await site().visit('/audit?outcome=rejected&actor=rita');
    const row = rowOf(page, 'createApplication');
    await row.getByText('Create application').waitFor();
    await row.getByText('Forbidden FORBIDDEN').waitFor();
    await page.unroute(/\/audit\?/);
  });
});
