import { expect } from 'chai';
import type { Locator } from 'playwright-core';
import { barriersIn } from '../../support/browser.ts';
import { describePage, press, type, UI } from '../../support/site.ts';

describePage('the admin page: the form of a job', (site) => {
  it('shows what a job would do, has it called before it is saved, and states beside the fields what is wrong', async () => {
    const { target } = site();
    const page = await site().visit('/jobs/new');
    await type(page.getByLabel('Name'), 'tea-time');
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    await type(pattern, '0 17 * *');
    await page.locator('input[aria-invalid="true"] ~ .field-wrong').waitFor();
    site().complaints();
    await type(pattern, '0 17 * * *');
    await type(page.getByLabel('Time zone'), 'Europe/London');
    await type(page.getByLabel('URL'), `${target.origin}/echo`);
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('At 17:00 (Europe/London)').waitFor();
    await preview.getByText('Target allowed').waitFor();
    const test = page.getByRole('region', { name: 'Test run' });
    await test.getByRole('button', { name: 'Test run…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send request' }).click();
    await test.getByText('status 200').waitFor();
    await test.getByText('"test"').first().waitFor();
    expect(target.received.at(-1)?.headers['carillon-trigger']).to.equal('test');
    const exact = Buffer.from('{"id": 12345678901234567890}').toString('base64url');
    await type(page.getByLabel('URL'), `${target.origin}/body?type=application/json&base64=${exact}`);
    await test.getByText('Result from before your latest changes.').waitFor();
    await test.getByRole('button', { name: 'Test run…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send request' }).click();
    await test.getByText('12345678901234567890', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep editing' }).click();
    expect(new URL(page.url()).pathname, 'stays with what is not saved').to.equal(`${UI}/jobs/new`);
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { level: 1, name: 'tea-time' }).waitFor();
  });

  it('begins as a copy of another job, keeps what was typed for each kind of schedule, and leads to what is wrong', async () => {
    const page = await site().visit(`/jobs/${site().jobs['weekly-report']}`);
    await page.getByRole('button', { name: 'Actions…' }).click();
    await page.getByRole('menuitem', { name: 'Clone…' }).click();
    const name = page.getByLabel('Name', { exact: true });
    await name.waitFor();
    expect(await name.inputValue()).to.equal('weekly-report-copy');
    await type(name, 'leap-day');
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    await type(pattern, '15 4 * * *');
    await page.getByRole('radio', { name: 'Interval' }).check();
    await type(page.getByRole('textbox', { name: 'Every' }), '');
    await type(page.getByRole('textbox', { name: 'Every' }), '20m');
    await page.getByRole('radio', { name: 'Cron pattern' }).check();
    expect(await pattern.inputValue()).to.equal('15 4 * * *');
    await page.getByRole('radio', { name: 'Interval' }).check();
    expect(await page.getByRole('textbox', { name: 'Every' }).inputValue()).to.equal('20m');
    await page.getByRole('radio', { name: 'Manual' }).check();
    await page.getByRole('region', { name: 'Preview' }).getByText('Manual', { exact: true }).waitFor();
    const attempts = page.getByLabel('Attempts');
    await page.getByText('Run control').click();
    await type(attempts, '1000');
    const save = page.getByRole('button', { name: 'Create job' });
    await page.evaluate('scrollTo(0, 0)');
    const { y = Number.POSITIVE_INFINITY } = (await save.boundingBox()) ?? {};
    expect(y, 'it is seen wherever one is').to.be.below(900);
    await save.click();
    const summary = page.getByRole('alert').and(page.locator(':focus'));
    await summary.waitFor();
    expect(await summary.evaluate((element) => element.getBoundingClientRect().top), 'in sight').to.be.within(0, 900);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await attempts.and(page.locator('[aria-invalid=true]:focus')).waitFor();
    site().complaints();
    await type(attempts, '2');
    await save.click();
    await page.getByRole('heading', { level: 1, name: 'leap-day' }).waitFor();
    await page.getByText('Runs only on request').waitFor();
  });

  it('keeps saying what is wrong with a field after the job was rejected for another', async () => {
    const page = await site().visit('/jobs/new');
    await type(page.getByLabel('Name', { exact: true }), 'wrong twice');
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    await type(pattern, '61 25 * * *');
    await pattern.and(page.locator('[aria-invalid=true]')).waitFor();
    await page.getByRole('button', { name: 'Create job' }).click();
    const summary = page.getByRole('alert').and(page.locator(':focus'));
    await summary.waitFor();
    await summary.getByRole('button', { name: 'applicationId' }).waitFor();
    await pattern.and(page.locator('[aria-invalid=true]')).waitFor();
    site().complaints();
    await site().visit('/');
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.getByRole('button', { name: 'Keep editing' }).click();
    expect(await pattern.inputValue()).to.equal('61 25 * * *');
    await site().visit('/');
    await question.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  it('has someone called at the end of an execution, which shows the outcome of that', async () => {
    const { service, target } = site();
    const api = service.as();
    const page = await site().visit('/jobs/new');
    await type(page.getByLabel('Name', { exact: true }), 'told');
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    await type(page.getByLabel('URL'), `${target.origin}/status?code=500`);
    await page.getByText('Run control').click();
    await page.getByLabel('Failure hook', { exact: true }).selectOption({ label: 'Call a URL' });
    await type(page.getByLabel('Failure hook: URL'), `${target.origin}/echo`);
    const headers = page.getByLabel('Failure hook: headers');
    await type(headers, 'Authorization: Bearer abc');
    await page.getByText('must contain a secret of the application').first().waitFor();
    site().complaints();
    await type(headers, 'X-From: carillon');
    await type(page.getByLabel('Keep executions for'), '90d');
    await type(page.getByLabel('Minimum to keep'), '50');
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { level: 1, name: 'told' }).waitFor();
    await page.getByText(`Sends the execution to ${target.origin}/echo`).waitFor();
    await page.getByText('Executions of the last 90d, and the last 50 in any case').waitFor();
    const jobId = page.url().split('/').at(-1);
    const { body: execution } = await api.post(`/jobs/${jobId}/trigger`);
    const execPage = await site().visit(`/executions/${execution.id}`);
    await execPage.getByText('Failure hook').waitFor();
    await execPage.getByText('Delivered', { exact: true }).waitFor();
    expect(target.received.findLast(({ url }) => url === '/echo')?.headers).to.include({ 'x-from': 'carillon' });
    await api.delete(`/jobs/${jobId}`);
  });

  it('accepts a pattern in plain language, and suggests names of the application', async () => {
    const { service, applicationId, target } = site();
    const api = service.as();
    await api.put(`/applications/${applicationId}/variables/SHOP`, { value: target.origin });
    await api.put(`/applications/${applicationId}/limits/gently`, { parallel: 2 });
    await api.put('/calendars/festive', { dates: ['2030-12-25'] });
    const page = await site().visit('/jobs/new');
    await type(page.getByLabel('Name', { exact: true }), 'in-words');
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    const words = page.getByLabel('In plain language');
    await type(words, 'weekdays at 9 unless it rains');
    await page.getByText('Not recognized').waitFor();
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    expect(await pattern.inputValue(), 'as before, also if the first words are a schedule').to.equal('0 2 * * *');
    await type(words, 'weekdays at 9');
    expect(await pattern.inputValue()).to.equal('0 9 * * 1-5');
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('At 09:00, Monday through Friday').waitFor();
    await page.getByText('Pattern: 0 9 * * 1-5').waitFor();
    await type(pattern, '0 10 * * 1-5');
    await page.getByText('Pattern: 0 9 * * 1-5').waitFor({ state: 'detached' });
    await type(words, 'weekdays at 9');
    const shown = preview.getByRole('list', { name: 'Next slots' }).getByRole('listitem');
    await shown.filter({ hasText: ' 09:00:00 ' }).first().waitFor();
    const slots = await shown.allInnerTexts();
    expect(slots).to.have.lengthOf(10);
    for (const slot of slots) expect(slot).to.match(/^(Mon|Tue|Wed|Thu|Fri) \d{4}-\d\d-\d\d 09:00:00 /);
    await page.getByRole('button', { name: '${SHOP}' }).click();
    await page.getByLabel('URL').press('End');
    await page.keyboard.type('/echo');
    expect(await page.getByLabel('Attempts').isVisible(), 'run control is folded').to.equal(false);
    await page.getByText('Run control').click();
    expect(await page.getByLabel('First retry after').getAttribute('placeholder')).to.equal('10s');
    const limit = page.getByLabel('Limit', { exact: true });
    await offers(limit, 'gently');
    await type(limit, 'gently');
    await page.getByRole('group', { name: 'Excluded calendars' }).getByLabel('festive').check();
    await page.getByLabel('Slots on other days').selectOption({ label: 'Run on the open day before' });
    await preview.getByText('except festive, instead on the open day before').waitFor();
    const labels = page.getByLabel('Labels');
    await type(labels, 'stage:test, ');
    await offers(labels, 'stage:test, team:blue');
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { level: 1, name: 'in-words' }).waitFor();
    const id = page.url().split('/').at(-1);
    const { body: saved } = await api.get(`/jobs/${id}`);
    expect(saved).to.deep.include({
      ...{ pattern: '0 9 * * 1-5', limit: 'gently', labels: { stage: 'test' } },
      calendar: { exclude: ['festive'], shift: 'previous' },
    });
    expect(saved.taskConfig.url).to.equal('${SHOP}/echo');
    // Nothing asks for a job that is gone.
    await site().visit('/jobs');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await api.delete(`/jobs/${id}`);
    await api.delete(`/applications/${applicationId}/variables/SHOP`);
    await api.delete(`/applications/${applicationId}/limits/gently`);
    await api.delete('/calendars/festive');
  });

  it('reports of a copy which sealed values have to be given again, and rejects it at these fields', async () => {
    const { service, applicationId, target } = site();
    const api = service.as();
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'with-token', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: {
        ...{ url: `${target.origin}/echo`, method: 'POST', headers: { 'X-Api-Key': 'one' } },
        auth: { authMethod: 'bearer', token: 'two' },
      },
    });
    const page = await site().visit(`/jobs/new?from=${job.id}`);
    await page.getByText(/Encrypted values can't be copied.*token, X-Api-Key/).waitFor();
    await page.getByRole('region', { name: 'Preview' }).getByText('At 02:00').waitFor();
    const token = page.getByLabel('Token', { exact: true });
    expect(await token.getAttribute('aria-invalid')).to.equal('true');
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('alert').getByText('Not saved').waitFor();
    await page.getByRole('alert').and(page.locator(':focus')).waitFor();
    site().complaints();
    await type(page.getByLabel('Headers'), 'X-Api-Key: three');
    await type(token, 'four');
    await page.getByText("Encrypted values can't be copied").waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { level: 1, name: 'with-token-copy' }).waitFor();
    const copy = page.url().split('/').at(-1);
    await site().visit('/jobs');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    for (const id of [job.id, copy]) await api.delete(`/jobs/${id}`);
  });

  it('shows changes that another user has saved, and saves on top of them', async () => {
    const api = site().service.as();
    const id = site().jobs['weekly-report'];
    const page = await site().visit(`/jobs/${id}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Edit weekly-report' }).waitFor();
    await type(page.getByLabel('Description'), 'Mine');
    await api.put(`/jobs/${id}`, { pattern: '0 3 * * *' });
    await page.getByRole('button', { name: 'Save' }).click();
    const conflict = page.getByRole('region', { name: 'Another user changed' });
    await conflict.getByRole('row', { name: /pattern/ }).waitFor();
    site().complaints();
    await conflict.getByRole('button', { name: 'Apply my changes' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'weekly-report', exact: true }).waitFor();
    const { body: saved } = await api.get(`/jobs/${id}`);
    expect([saved.description, saved.pattern]).to.deep.equal(['Mine', '0 3 * * *']);
  });

  it('edits a body as JSON: marks an error at its line, completes parameters, and lets Tab leave', async () => {
    const { service, applicationId, target } = site();
    const api = service.as();
    await api.put(`/applications/${applicationId}/variables/REGION`, { value: 'eu' });
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, name: 'with-body', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${target.origin}/echo`, method: 'POST', body: { day: 1 } },
    });
    const page = await site().visit(`/jobs/${job.id}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Edit with-body' }).waitFor();
    const field = page.locator('[data-pointer="/taskConfig/body"]');
    await field.locator('.cm-line').first().waitFor();
    const body = page.getByRole('textbox', { name: 'Body' });
    expect(await body.getAttribute('aria-invalid')).to.equal('false');
    await type(body, '{\n"day": 1\n"page": 2\n}');
    await field.locator('.cm-lint-marker-error').waitFor();
    const bounds = async (place: Locator) => (await place.boundingBox()) ?? { y: 0, height: 0 };
    const [marker, line] = [
      await bounds(field.locator('.cm-lint-marker-error')),
      await bounds(field.locator('.cm-line').nth(2)),
    ];
    expect(marker.y).to.be.within(line.y - 1, line.y + line.height);
    await field.getByText('Invalid JSON.').waitFor();
    expect(await body.getAttribute('aria-invalid')).to.equal('true');
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).to.equal(true);
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await barriersIn(page), colorScheme).to.deep.equal([]);
      }
    } finally {
      await page.emulateMedia({ colorScheme: 'light' });
    }
    await type(body, '{ "region": "$');
    await page.getByRole('option', { name: '${REGION}' }).click();
    await page.keyboard.type('", "day": "');
    await page.getByRole('button', { name: '${T:YYYY-MM-DD}' }).click();
    await body.and(page.locator(':focus')).waitFor();
    await page.keyboard.type('" }');
    expect(await body.textContent()).to.equal('{ "region": "${REGION}", "day": "${T:YYYY-MM-DD}" }');
    await press(page, 'Tab');
    await page.getByLabel('Authentication').and(page.locator(':focus')).waitFor();
    await field.getByText('Body', { exact: true }).click();
    await body.and(page.locator(':focus')).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'with-body', exact: true }).waitFor();
    const { body: saved } = await api.get(`/jobs/${job.id}`);
    expect(saved.taskConfig.body).to.deep.equal({ region: '${REGION}', day: '${T:YYYY-MM-DD}' });
    await site().visit('/jobs');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await api.delete(`/jobs/${job.id}`);
    await api.delete(`/applications/${applicationId}/variables/REGION`);
  });

  it('has a plain field for JSON if the editor cannot be loaded', async () => {
    const failed = Promise.withResolvers<void>();
    const page = await site().separate('/jobs/new', async (page) => {
      await page.route(/json-editor/, (route) => route.abort());
      page.on('requestfailed', (request) => request.url().includes('json-editor') && failed.resolve());
    });
    await failed.promise;
    await type(page.getByLabel('Body'), '{ "day": 1 }');
    expect(await page.getByLabel('Body').inputValue()).to.equal('{ "day": 1 }');
    site().complaints();
  });

  it('can be edited as JSON, with errors shown at their place', async () => {
    const id = site().jobs['nightly-sync'];
    const page = await site().visit(`/jobs/${id}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Edit nightly-sync' }).waitFor();
    await page.getByLabel('Edit as JSON').check();
    const text = page.getByRole('textbox', { name: 'Job as JSON' });
    await text.locator('.cm-line').first().waitFor();
    const before = (await text.locator('.cm-line').allInnerTexts()).join('\n');
    expect(JSON.parse(before)).to.deep.include({ name: 'nightly-sync', pattern: '0 2 * * *' });
    await type(text, before.slice(1));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).to.equal(true);
    await type(text, before.replace('"enabled": true,', '"enabled": true, "description": "As JSON",'));
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('"over');
    await page.getByRole('option', { name: '"overlap"' }).click();
    await page.keyboard.type('"qu');
    await page.getByRole('option', { name: '"queue"' }).click();
    await page.keyboard.type(',');
    await page.getByLabel('Edit as JSON').uncheck();
    expect(await page.getByLabel('Description').inputValue()).to.equal('As JSON');
    await type(page.getByLabel('Attempts'), '3');
    await type(page.getByLabel('Retry on'), '5xx, 429');
    await page.getByLabel('Missed slots', { exact: true }).selectOption('all');
    await type(page.getByLabel('Maximum missed slots'), '7');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'nightly-sync', exact: true }).waitFor();
    await page.getByText('As JSON').first().waitFor();
    const { body: saved } = await site().service.as().get(`/jobs/${id}`);
    expect([saved.retry, saved.misfireLimit, saved.overlap]).to.deep.equal([
      { maxAttempts: 3, retryOn: ['5xx', 429] },
      7,
      'queue',
    ]);
  });
});

/** Waits until a text field offers this. */
const offers = async (field: Locator, value: string): Promise<void> => {
  const list = field.page().locator(`datalist[id="${await field.getAttribute('list')}"]`);
  await list.locator(`option[value="${value}"]`).waitFor({ state: 'attached' });
};
