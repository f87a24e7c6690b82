import { expect } from 'chai';
import { EXAMPLES } from '../../../src/http/openapi/examples.ts';
import { apiClient } from '../../support/api.ts';
import { poll } from '../../support/poll.ts';
import { describePage, press, rowOf, type } from '../../support/site.ts';

describePage('the admin page: pages for operators', (site) => {
  it('shows the filter, progress and result of bulk operations', async () => {
    const { service, jobs } = site();
    const api = service.as();
    await api.post(`/jobs/${jobs['hourly-export']}/disable`);
    const requested = { action: 'enable', filter: { labels: { team: 'blue' } }, reason: 'After the move' };
    const { body: operation } = await api.post('/jobs/bulk', requested);
    const page = await site().visit('/operations');
    const row = rowOf(page, `${operation.id}: enable jobs`);
    await row.getByText('completed').waitFor();
    await row.getByText('labels: team:blue').waitFor();
    await row.getByText('After the move').waitFor();
    expect((await api.get(`/jobs/${jobs['hourly-export']}`)).body.enabled).to.equal(true);
    expect(await row.getByRole('button', { name: 'Stop' }).count()).to.equal(0);
  });

  it('creates an API token, shows its secret once, and revokes it', async () => {
    const { service } = site();
    const page = await site().visit('/tokens');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New token…' }).click();
    await type(dialog.getByLabel('Name', { exact: true }), 'deploy');
    await type(dialog.getByLabel('Expiry'), '2020-01-01T00:00');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('Not saved. Fix the highlighted fields.').waitFor();
    await dialog.locator('input[aria-invalid="true"] ~ .field-wrong').waitFor();
    site().complaints();
    await type(dialog.getByLabel('Expiry'), '');
    await dialog.getByLabel('Customers').check();
    await dialog.getByRole('button', { name: 'Create' }).click();
    const token = await dialog.getByLabel('Token', { exact: true }).inputValue();
    await page.evaluate(
      `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { globalThis.copied = text; } }, configurable: true })`,
    );
    await dialog.getByRole('button', { name: 'Copy token' }).click();
    await page.getByText('Copied: token').waitFor();
    expect(await page.evaluate('copied')).to.equal(token);
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect((await apiClient(service.url, token).get('/jobs')).status).to.equal(200);
    expect((await apiClient(service.url, token).post('/jobs/1/disable')).status).to.equal(403);
    await rowOf(page, 'deploy').getByText('active').waitFor();
    await rowOf(page, 'deploy').getByText('Customers').waitFor();
    await page.getByRole('button', { name: 'Revoke deploy' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await rowOf(page, 'deploy').getByText('revoked').waitFor();
    // Within a second, by which no read model moves.
    await poll(async () => (await apiClient(service.url, token).get('/jobs')).status === 401);
  });

  it('sets an alert rule, states what is wrong with it beside the fields, tests it and deletes it', async () => {
    const { service, target, applicationId } = site();
    const secret = { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true };
    await service.as().put(`/applications/${applicationId}/secrets/SIGNS`, secret);
    await service.as().put(`/applications/${applicationId}/secrets/CHAT`, { value: `${target.origin}/echo?chat` });
    const page = await site().visit('/alerts');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New rule…' }).click();
    await type(dialog.getByLabel('Name', { exact: true }), 'failing');
    await dialog.getByLabel('Application', { exact: true }).selectOption({ label: 'Customers' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.locator('textarea[aria-invalid="true"] ~ .field-wrong').waitFor();
    site().complaints();
    await type(dialog.getByLabel('Webhooks'), `${target.origin}/echo`);
    await type(dialog.getByLabel('Slack'), 'CHAT');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'failing').getByText('3 failures in a row').waitFor();
    await rowOf(page, 'failing').getByRole('link', { name: 'Customers' }).waitFor();
    const rule = await service.as().get('/alert-rules/failing');
    expect(rule.body).to.deep.include({
      scope: 'application',
      of: applicationId,
      condition: { kind: 'failures', count: 3 },
      receivers: [
        { type: 'webhook', url: `${target.origin}/echo`, signedBy: applicationId },
        { type: 'slack', secret: 'CHAT', secretApplicationId: applicationId },
      ],
    });
    target.forget();
    await page.getByRole('button', { name: 'Test failing' }).click();
    await dialog.getByText('delivered').nth(1).waitFor();
    await dialog.getByText('Slack (CHAT)').waitFor();
    expect(target.received.some(({ headers }) => headers['webhook-signature'] !== undefined)).to.equal(true);
    expect(target.received.some(({ url }) => url === '/echo?chat')).to.equal(true);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Delete failing' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No rules').waitFor();
    expect((await service.as().get('/alert-rules/failing')).status).to.equal(404);
    await service.as().delete(`/applications/${applicationId}/secrets/SIGNS`);
    await service.as().delete(`/applications/${applicationId}/secrets/CHAT`);
  });

  it('sets the authorities that calls of an application trust', async () => {
    const page = await site().visit(`/applications/${site().applicationId}`);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'New TLS setting…' }).click();
    await type(dialog.getByLabel('Name', { exact: true }), 'crm-api');
    await type(dialog.getByLabel('Origins'), 'https://api.example.com');
    await type(dialog.getByLabel('Authorities'), EXAMPLES.setApplicationTls.ca);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'crm-api').getByText('Example CA').waitFor();
    await rowOf(page, 'crm-api').getByText('valid').waitFor();
    const saved = () => site().service.as().get(`/applications/${site().applicationId}/tls/crm-api`);
    expect((await saved()).body).to.deep.include({
      origins: ['https://api.example.com'],
      ca: EXAMPLES.setApplicationTls.ca,
    });
    // By the keyboard: what was said to be done lies over the end of the page for some seconds.
    await press(page, 'Enter', page.getByRole('button', { name: 'Delete crm-api' }));
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await rowOf(page, 'crm-api').waitFor({ state: 'detached' });
    expect((await saved()).status).to.equal(404);
  });
});
