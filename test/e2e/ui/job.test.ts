import { expect } from 'chai';
import { describePage, press, rowOf, type } from '../../support/site.ts';

describePage('the admin page: a job and its executions', (site) => {
  it('opens a job by the keyboard, triggers it, and reverts a change', async () => {
    const page = await site().visit('/jobs?name=hourly-export');
    await rowOf(page, 'nightly-sync').waitFor({ state: 'detached' });
    await rowOf(page, 'hourly-export').waitFor();
    await press(page, 'j');
    await press(page, 'Enter');
    await page.getByRole('heading', { level: 1, name: 'hourly-export' }).waitFor();
    await page.getByRole('region', { name: 'Definition' }).getByText('At 02:00 (Europe/Berlin)').waitFor();
    await page.getByRole('region', { name: 'Next slots' }).getByRole('listitem').nth(7).waitFor();
    await page.getByRole('region', { name: 'History' }).waitFor();
    const headings = await page.getByRole('heading', { level: 2 }).allTextContents();
    expect(headings, 'what is asked most comes first').to.deep.equal([
      ...['Success rate and duration', 'Executions', 'Next slots', 'Slots by day', 'Durations and lateness'],
      ...['Definition', 'History'],
    ]);
    await press(page, 't');
    await page.getByRole('dialog').locator('button:focus', { hasText: 'Run' }).press('Enter');
    const executions = page.getByRole('region', { name: 'Executions' });
    await executions.getByRole('row').filter({ hasText: 'manual' }).getByText('failed').waitFor();
    await press(page, 'e');
    await type(page.getByRole('dialog').getByLabel('Reason'), 'Stocktaking');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page
      .getByRole('region', { name: 'State' })
      .getByText(/^Disabled by ann, .*: Stocktaking/)
      .waitFor();
    const history = page.getByRole('region', { name: 'History' });
    const disabled = history.getByRole('listitem').filter({ hasText: 'Stocktaking' });
    await disabled.locator('summary').click();
    await disabled.getByRole('row', { name: '/enabled' }).waitFor();
    await page.getByText('v1', { exact: true }).click();
    await history.getByRole('button', { name: 'Revert to version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revert' }).click();
    await page.getByText('Reverted to version 1', { exact: true }).waitFor();
    await page
      .getByRole('region', { name: 'State' })
      .getByText(/^Failed once in a row|^Failed 1 time in a row/)
      .waitFor();
  });

  it('reports for a job what the API does: in the list and on its page, whether it is paused or its runs fail', async () => {
    const { service, jobs } = site();
    const api = service.as();
    const id = jobs['always-failing'];
    const { body: job } = await api.get(`/jobs/${id}`);
    expect(job.state.name).to.equal('failing');
    const page = await site().visit('/jobs');
    await rowOf(page, 'weekly-report').waitFor();
    await page.getByLabel('State').selectOption('Failing');
    await rowOf(page, 'always-failing').getByText('Failing', { exact: true }).waitFor();
    await rowOf(page, 'weekly-report').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).to.equal('?state=failing');
    await page.getByRole('button', { name: 'Actions for all…' }).waitFor();
    const state = page.getByRole('region', { name: 'State' });
    await api.post('/pauses', { scope: 'job', of: id, until: '2h', reason: 'New racks' });
    await site().visit(`/jobs/${id}`);
    await state.getByText(/^Paused by ann since .*, until .*: New racks\.$/).waitFor();
    await state.getByRole('button', { name: 'End pause…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End pause' }).click();
    await state.getByText(/^Failed \d+ times? in a row, since/).waitFor();
  });

  it('shows the effect of a pause on the next slots and days of a job', async () => {
    const { service, jobs } = site();
    const api = service.as();
    const of = jobs['each-minute'];
    const until = new Date(Date.now() + 150_000).toISOString();
    const { body: pause } = await api.post('/pauses', { scope: 'job', of, until });
    const page = await site().visit(`/jobs/${of}`);
    const next = page.getByRole('region', { name: 'Next slots' }).getByRole('listitem');
    const pausedSlots = next.filter({ hasText: 'Will be skipped.' });
    await pausedSlots.first().waitFor();
    expect(await pausedSlots.count()).to.be.within(2, 3);
    expect(await next.count()).to.equal(8);
    await api.delete(`/pauses/${pause.id}`);
  });

  it('shows a job as it was, and offers no change of the past', async () => {
    const id = site().jobs['weekly-report'];
    const before = new Date().toISOString();
    await site().service.as().put(`/jobs/${id}`, { description: 'Changed since' });
    const page = await site().visit(`/jobs/${id}?asOf=${before}`);
    await page.getByText(/^As of/).waitFor();
    expect(await page.getByText('Changed since').count()).to.equal(0);
    expect(await page.getByRole('button', { name: /Run now|Edit|Disable|Actions/ }).count()).to.equal(0);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByText('Changed since').first().waitFor();
    await page.getByRole('button', { name: 'Actions…' }).waitFor();
  });

  it('shows by the day the outcome of the slots of a month, and opens a day with the reasons', async () => {
    const { jobs } = site();
    const id = jobs['weekly-report'];
    const date = new Date().toISOString().slice(0, 10);
    const day = { date, fired: 2, late: { ENGINE_BEHIND: 1 }, skipped: {}, missed: {}, failed: 1 };
    const slot = {
      jobId: id,
      at: `${date}T00:00:00.000Z`,
      outcome: 'late',
      reason: 'ENGINE_BEHIND',
      definitionVersion: 1,
    };
    const held = Promise.withResolvers<void>();
    const page = await site().separate(`/jobs/${id}`, async (page) => {
      await page.route('**/occurrences/days?**', async (route) => {
        await held.promise;
        await route.fulfill({ json: [day] });
      });
      await page.route('**/occurrences?**', (route) => route.fulfill({ json: [slot] }));
    });
    const ledger = page.getByRole('region', { name: 'Slots by day' });
    await ledger.locator('table[aria-busy="true"]').waitFor();
    held.resolve();
    const cell = ledger.getByRole('button', { name: `${date}: 2 on time, 1 late, 1 failed` });
    expect(await cell.getAttribute('class'), 'a third failed, which outweighs lateness').to.include('day-bad-half');
    await cell.click();
    const slots = ledger.getByRole('list', { name: `Slots of ${date}` });
    await slots.getByText('An engine was claiming slots, but claimed this one late.').waitFor();
    expect(await ledger.getByRole('button', { name: 'Next month' }).isDisabled(), 'nothing of the future').to.equal(
      true,
    );
    expect(await ledger.getByRole('button', { name: 'Previous month' }).isDisabled(), 'nor before it was').to.equal(
      true,
    );
  });

  it('reads how long executions took in a chart, over spans of time, and opens one from there', async () => {
    const id = site().jobs['always-failing'];
    const page = await site().visit(`/jobs/${id}`);
    const durations = page.getByRole('region', { name: 'Durations and lateness' });
    const chart = durations.getByRole('slider');
    await chart.press('End');
    await durations.getByText(/: execution \d+ failed after /).waitFor();
    for (const [name, days] of [
      ['24 h', 1],
      ['30 d', 30],
    ] as const) {
      // It may just be asking for the span before once more.
      const requested = page.waitForRequest((request) => {
        const from = new URL(request.url()).searchParams.get('from') ?? '';
        return Math.abs((Date.now() - Date.parse(from)) / 86_400_000 - days) < 0.01;
      });
      await durations.getByRole('button', { name }).click();
      await requested;
    }
    await chart.hover();
    const says = await durations.getByText(/: execution \d+ failed after /).textContent();
    await chart.click();
    const [, opened] = /execution (\d+) /.exec(says ?? '') ?? [];
    await page.getByRole('heading', { level: 1, name: `Execution ${opened}` }).waitFor();
  });

  it('runs a job once with other input, and states beside the field what is wrong with it', async () => {
    const { service, target, applicationId } = site();
    const api = service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'with-input', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${target.origin}/echo`, method: 'POST', body: { page: 1 } },
    });
    const page = await site().visit(`/jobs/${job.id}`);
    await page.getByRole('button', { name: 'Actions…' }).click();
    await page.getByRole('menuitem', { name: 'Run with input…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run with-input with input' });
    const body = dialog.getByLabel('Body');
    expect(JSON.parse(await body.inputValue())).to.deep.equal({ page: 1 });
    await type(body, '{ "page": 2');
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await dialog.getByText('Invalid JSON').waitFor();
    await body.and(page.locator(':focus')).waitFor();
    await type(body, '{ "page": 2 }');
    await type(dialog.getByLabel('Query'), 'mode=repair');
    await type(dialog.getByLabel('Headers'), 'X-Mode: a=b');
    await dialog.getByLabel('If another run is open').selectOption({ label: 'Run both in parallel' });
    const requested = page.waitForRequest(/\/trigger$/);
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    expect((await requested).postDataJSON()).to.include({ overlap: 'allow' });
    await page.getByRole('heading', { level: 1, name: /^Execution/ }).waitFor();
    await page.locator('.title-line').getByText('Succeeded').waitFor();
    const received = target.received.filter(({ headers }) => headers['x-mode'] === 'a=b');
    expect(received.map(({ url, body: sent }) => [url, sent])).to.deep.equal([['/echo?mode=repair', '{"page":2}']]);
    await site().visit('/jobs');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await api.delete(`/jobs/${job.id}`);
  });

  it('names the zone whose clock it shows: of the reader or the job, and both beside its next slots', async () => {
    const { jobs } = site();
    const page = await site().visit('/jobs?name=nightly');
    const row = rowOf(page, 'nightly-sync');
    await row.getByText(/0[01]:00 · UTC$/).waitFor();
    await page.getByRole('banner').getByRole('combobox', { name: 'Show times in' }).selectOption("Job's time");
    // On the day when clocks are put forward, there is no 02:00.
    await row.getByText(/0[23]:00 · Europe\/Berlin$/).waitFor();
    await page.getByRole('banner').getByRole('combobox', { name: 'Show times in' }).selectOption('mine');
    await site().visit(`/jobs/${jobs['nightly-sync']}`);
    const first = page.getByRole('region', { name: 'Next slots' }).getByRole('listitem').first();
    await first.getByText(/0[23]:00 \(.*0[01]:00 UTC\)/).waitFor();
  });

  it('lists the slots of a backfill before anything is called', async () => {
    const page = await site().visit(`/jobs/${site().jobs['each-minute']}`);
    await page.getByRole('heading', { level: 1, name: 'each-minute' }).waitFor();
    await page.getByRole('button', { name: 'Actions…' }).click();
    await page.getByRole('menuitem', { name: 'Backfill…' }).click();
    const dialog = page.getByRole('dialog');
    await type(dialog.getByLabel('After'), '2026-01-01T00:00');
    await type(dialog.getByLabel('Up to'), '2026-01-01T00:05');
    await dialog.getByRole('button', { name: 'Run 5 slots' }).waitFor();
    const slots = dialog.getByRole('list', { name: 'Slots to run' });
    expect(await slots.getByRole('listitem').count()).to.equal(5);
    // Between the two fields, the span was too long.
    site().complaints();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  it('lists backfills with their progress, on the job and under operations, and cancels one', async () => {
    const { service, target, applicationId } = site();
    const api = service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'slow', pattern: '0 * * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${target.origin}/silent`, method: 'GET', timeout: '10m' },
    });
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T03:00:00Z', reason: 'After the outage' };
    const { body: backfill } = await api.post(`/jobs/${job.id}/backfills`, span);
    const page = await site().visit('/operations');
    const row = rowOf(page, 'After the outage');
    await row.getByText('0 of 3').waitFor();
    await row.getByRole('link', { name: 'slow' }).click();
    await page.getByRole('heading', { level: 1, name: 'slow' }).waitFor();
    await row.getByRole('button', { name: `Cancel backfill ${backfill.id}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel backfill' }).click();
    await row.getByText('2 cancelled').waitFor();
    await row.getByRole('link', { name: String(backfill.id), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Executions' }).waitFor();
    await rowOf(page, 'backfill').getByText('running').waitFor();
    const [{ id }] = (await api.get(`/executions?backfillId=${backfill.id}`)).body;
    await api.post(`/executions/${id}/cancel`);
    await api.delete(`/jobs/${job.id}`);
  });

  it('shows an execution with its error and what to do, and runs it again', async () => {
    const { body } = await site().service.as().get('/executions?jobName=always-failing&status=failed');
    const page = await site().visit(`/executions/${body[0].id}`);
    await page.getByRole('region', { name: 'Error' }).getByText('Correct the target or the request').waitFor();
    const attempts = page.getByRole('region', { name: 'Attempts' });
    const first = attempts.getByRole('row', { name: /^Attempt 1/ });
    await first.getByText('HTTP_500').waitFor();
    await page.getByRole('region', { name: 'Request' }).getByText('/status').waitFor();
    const before = page.url();
    await press(page, 'r');
    await type(page.getByRole('dialog').getByLabel('Reason'), 'Once more');
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    await page.getByText('Rerun of').waitFor();
    expect(page.url()).not.to.equal(before);
    await page.getByRole('region', { name: 'Error' }).waitFor();
    await page.getByRole('link', { name: '← Previous' }).click();
    await page.waitForURL(before);
    await page.getByRole('link', { name: 'Next →' }).waitFor();
  });

  it('cancels an execution that runs, and deletes a job after asking', async () => {
    const { service, target, applicationId } = site();
    const api = service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'silent', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${target.origin}/silent`, method: 'GET', timeout: '10m' },
    });
    const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
    const page = await site().visit(`/executions/${execution.id}`);
    await page.locator('.title-line').getByText('running').waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await type(page.getByRole('dialog').getByLabel('Reason'), 'Not today');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel execution' }).click();
    await page.locator('.title-line').getByText('cancelled').waitFor();
    await site().visit(`/jobs/${job.id}`);
    await page.getByRole('heading', { level: 1, name: 'silent' }).waitFor();
    await page.getByRole('button', { name: 'Actions…' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await api.get(`/jobs/${job.id}`)).status).to.equal(404);
    // The page may have heard of it before it was left.
    site().complaints();
  });
});
