import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { describePage, rowOf, type } from '../../support/site.ts';

describePage('the admin UI: what needs attention', (site) => {
  const ids: Record<string, number> = {};
  before(async () => {
    const { service, target, applicationId } = site();
    const api = service.as();
    for (const name of ['failing-one', 'failing-two', 'failing-too']) {
      const { body: job } = await api.post('/jobs', {
        ...{ applicationId, name, pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
        taskConfig: { url: `${target.origin}/mirror?code=500&type=text/plain&raw`, method: 'GET' },
      });
      ids[name] = job.id;
      await api.post(`/jobs/${job.id}/trigger`);
    }
    await service.eventually(async () => {
      const { body } = await api.get('/attention');
      const failing = body.jobs.map(({ jobId }: { jobId: number }) => jobId);
      return Object.values(ids).every((id) => failing.includes(id)) ? true : undefined;
    });
  });
  after(async () => {
    for (const id of Object.values(ids)) await site().service.as().delete(`/jobs/${id}`);
  });

  const needs = (page: Page) => page.getByRole('region', { name: 'Needs attention' });
  const need = (page: Page, name: string) => needs(page).getByRole('listitem').filter({ hasText: name });

  it('shows equal errors once, above the jobs that have them', async () => {
    const page = await site().visit('/');
    await need(page, 'failing-too').waitFor();
    const head = needs(page).locator('.need-head', { hasText: '/mirror?code=500' });
    await head.getByText('3 jobs · The target responded with status 500 HTTP_500').waitFor();
    expect(await needs(page).getByText('/mirror?code=500').count(), 'the response is stated once').to.equal(1);
    await need(page, 'failing-one').getByText('Failing', { exact: true }).waitFor();
    await need(page, 'failing-one')
      .getByText(/, since .* ago/)
      .waitFor();
  });

  it('acknowledges jobs with an owner and a note, shows the acknowledgement to others and in the audit, and ends it', async () => {
    const page = await site().visit('/');
    await needs(page).getByRole('button', { name: 'Acknowledge… 3 jobs' }).click();
    const dialog = page.getByRole('dialog', { name: 'Acknowledge 3 jobs?' });
    await type(dialog.getByLabel('Owner'), 'dora');
    await type(dialog.getByLabel('Note'), 'Waiting for the database team');
    await dialog.getByLabel('Snooze').selectOption({ label: 'For 2 hours' });
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await needs(page).getByText('3 acknowledged jobs').click();
    await need(page, 'failing-too')
      .getByText(/^dora takes care of it since .*, until/)
      .waitFor();
    await need(page, 'failing-too').getByRole('button', { name: 'End acknowledgement of failing-too' }).click();
    await needs(page).getByText('2 acknowledged jobs', { exact: true }).waitFor();
    await site().visit('/audit?action=acknowledgeJob');
    await rowOf(page, 'Acknowledge job').first().waitFor();
    await site().visit('/');
    await needs(page).getByText('2 acknowledged jobs', { exact: true }).click();
    for (const name of ['failing-one', 'failing-two']) {
      await needs(page)
        .getByRole('button', { name: `End acknowledgement of ${name}` })
        .click();
    }
    await needs(page).getByText('acknowledged job').waitFor({ state: 'detached' });
  });

  it('runs a failed slot again by one click, and pauses a job till the next morning by two', async () => {
    const page = await site().visit('/');
    await need(page, 'failing-too').getByRole('button', { name: 'Run again failing-too' }).click();
    await page.getByText(/^Started execution \d+ of failing-too$/).waitFor();
    await need(page, 'failing-too').getByRole('button', { name: 'Pause failing-too' }).click();
    await page.getByRole('menuitem', { name: 'Until tomorrow 09:00' }).click();
    await page.getByText('Paused failing-too until tomorrow 09:00').waitFor();
    const { body: job } = await site().service.as().get(`/jobs/${ids['failing-too']}`);
    expect(job.state.name).to.equal('paused');
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await site().service.eventually(async () => {
      const { body } = await site().service.as().get(`/jobs/${ids['failing-too']}`);
      return body.state.name === 'paused' ? undefined : true;
    });
  });

  it('leads from each key figure to its list', async () => {
    const page = await site().visit('/');
    for (const [name, address] of [
      ['Failed, 24 h', /\/executions\?status=failed&span=24h$/],
      ['In progress', /\/executions\?status=running$/],
      ['Jobs', /\/jobs$/],
    ] as const) {
      await page.getByRole('main').getByRole('link', { name, exact: true }).click();
      await page.waitForURL(address);
      await site().visit('/');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    }
    await page.getByText('The day before 0', { exact: true }).waitFor();
  });
});
