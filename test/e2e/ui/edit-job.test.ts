import { expect } from 'chai';
import { describePage, UI } from '../../support/site.ts';

describePage('the admin page: the form of a job', (site) => {
  it('shows what a job would do, has it called before it is saved, and says beside the fields what is wrong', async () => {
    const { target } = site();
    const page = await site().visit('/jobs/new');
    await page.getByLabel('Name').fill('tea-time');
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    const pattern = page.getByRole('textbox', { name: 'Pattern' });
    await pattern.fill('0 17 * *');
    await page.locator('input[aria-invalid="true"] ~ .field-wrong').waitFor();
    site().complaints();
    await pattern.fill('0 17 * * *');
    await page.getByLabel('Time zone').fill('Europe/London');
    await page.getByLabel('URL').fill(`${target.origin}/echo`);
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('At 17:00 (Europe/London)').waitFor();
    await preview.getByText('The target may be called').waitFor();
    const test = page.getByRole('region', { name: 'Test run' });
    await test.getByRole('button', { name: 'Test run…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send it' }).click();
    await test.getByText('status 200').waitFor();
    await test.getByText('"test"').first().waitFor();
    expect(target.received.at(-1)?.headers['carillon-trigger']).to.equal('test');
    const exact = Buffer.from('{"id": 12345678901234567890}').toString('base64url');
    await page.getByLabel('URL').fill(`${target.origin}/body?type=application/json&base64=${exact}`);
    await test.getByText('This was before what you changed since.').waitFor();
    await test.getByRole('button', { name: 'Test run…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send it' }).click();
    await test.getByText('12345678901234567890', { exact: true }).waitFor();
    const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss());
    await page.getByRole('link', { name: 'Cancel' }).click();
    await asked;
    expect(new URL(page.url()).pathname, 'stays with what is not saved').to.equal(`${UI}/jobs/new`);
    await page.getByRole('button', { name: 'Create the job' }).click();
    await page.getByRole('heading', { level: 1, name: 'tea-time' }).waitFor();
  });

  it('shows what somebody else has saved meanwhile, and saves upon that', async () => {
    const api = site().service.as();
    const id = site().jobs['weekly-report'];
    const page = await site().visit(`/jobs/${id}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Edit weekly-report' }).waitFor();
    await page.getByLabel('Description').fill('Mine');
    await api.put(`/jobs/${id}`, { pattern: '0 3 * * *' });
    await page.getByRole('button', { name: 'Save' }).click();
    const conflict = page.getByRole('region', { name: 'Somebody else has changed' });
    await conflict.getByRole('row', { name: /pattern/ }).waitFor();
    site().complaints();
    await conflict.getByRole('button', { name: 'Keep my changes' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'weekly-report', exact: true }).waitFor();
    const { body: saved } = await api.get(`/jobs/${id}`);
    expect([saved.description, saved.pattern]).to.deep.equal(['Mine', '0 3 * * *']);
  });

  it('is JSON where one likes, which says where it is none yet', async () => {
    const id = site().jobs['nightly-sync'];
    const page = await site().visit(`/jobs/${id}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Edit nightly-sync' }).waitFor();
    await page.getByLabel('Edit as JSON').check();
    const text = page.getByLabel('Job as JSON');
    const before = await text.inputValue();
    expect(JSON.parse(before)).to.deep.include({ name: 'nightly-sync', pattern: '0 2 * * *' });
    await text.fill(before.slice(1));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).to.equal(true);
    await text.fill(before.replace('"enabled": true,', '"enabled": true, "description": "As JSON",'));
    await page.getByLabel('Edit as JSON').uncheck();
    expect(await page.getByLabel('Description').inputValue()).to.equal('As JSON');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'nightly-sync', exact: true }).waitFor();
    await page.getByText('As JSON').first().waitFor();
  });
});
