import { expect } from 'chai';
import type { Route } from 'playwright-core';
import { describePage, rowOf, type } from '../../support/site.ts';

describePage('the admin page: applications, calendars, pauses and audit', (site) => {
  it('pauses an application and lifts that, and finds both in the audit', async () => {
    const page = await site().visit('/pauses');
    await page.getByText('No active or upcoming pauses').waitFor();
    await page.getByRole('button', { name: 'Pause…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Application', { exact: true }).selectOption({ label: 'Customers' });
    await dialog.getByLabel('Slots during the pause').selectOption('last');
    await type(dialog.getByLabel('Reason'), 'New racks');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await rowOf(page, 'New racks').getByText('jobs of Customers').waitFor();
    await rowOf(page, 'New racks').getByText('The last one runs afterwards').waitFor();
    await rowOf(page, 'New racks').getByRole('button', { name: 'End pause…' }).click();
    await dialog.getByText('the last one runs afterwards').waitFor();
    await dialog.getByRole('button', { name: 'End pause' }).click();
    await page.getByText('No active or upcoming pauses').waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await rowOf(page, 'New racks').getByText('done').waitFor();
    await page.getByLabel('Outcome').selectOption('rejected');
    await rowOf(page, 'New racks').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).to.equal('?outcome=rejected');
  });

  it('offers every application if one is chosen, however many pages of them there are', async () => {
    const at = {
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'ann',
      updatedAt: '2026-01-01T00:00:00.000Z',
      updatedBy: 'ann',
    };
    const respond = (route: Route) => {
      const isLast = route.request().url().includes('cursor=second');
      const json = [{ id: isLast ? 2 : 1, name: isLast ? 'last' : 'first', displayName: '', ...at }];
      const link = { link: '</_/scheduler/applications?cursor=second>; rel="next"' };
      return route.fulfill({ json, headers: { 'content-type': 'application/json', ...(isLast ? {} : link) } });
    };
    const page = await site().separate('/pauses', (page) => page.route('**/applications?**', respond));
    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByRole('dialog').getByLabel('Application', { exact: true }).selectOption({ label: 'last' });
  });

  it('sets a variable, a secret that is never shown again, a limit and a calendar, and deletes them', async () => {
    const page = await site().visit('/applications');
    await page.getByRole('link', { name: 'crm', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const set = async (one: string, fields: Readonly<Record<string, string>>) => {
      await page.getByRole('button', { name: `New ${one}…` }).click();
      for (const [label, value] of Object.entries(fields)) await type(dialog.getByLabel(label, { exact: true }), value);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    const remove = async (name: string) => {
      await page.getByRole('button', { name: `Delete ${name}` }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await rowOf(page, name).waitFor({ state: 'detached' });
    };
    await set('variable', { Name: 'STAGE', Value: 'blue' });
    await rowOf(page, 'STAGE').getByText('blue').waitFor();
    await page.getByRole('button', { name: 'Edit STAGE' }).click();
    await type(dialog.getByLabel('Value'), 'green');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'STAGE').getByText('green').waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    const changes = page.getByRole('button', { name: 'Show changes of Variable STAGE' });
    await changes.nth(1).waitFor();
    await changes.first().click();
    await dialog.getByRole('row', { name: /blue.*green/ }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.goBack();
    await page.getByRole('button', { name: 'History of STAGE' }).click();
    await dialog.getByText('v1').click();
    await dialog.getByRole('button', { name: 'Revert to version 1' }).click();
    await type(dialog.getByLabel('Reason'), 'Too early');
    await dialog.getByRole('button', { name: 'Revert', exact: true }).click();
    await rowOf(page, 'STAGE').getByText('blue').waitFor();
    await set('secret', { Name: 'API_KEY', Value: 'open sesame', 'Allowed origins': 'https://service.example.com' });
    await rowOf(page, 'API_KEY').getByText('https://service.example.com').waitFor();
    await page.getByRole('button', { name: 'Edit API_KEY' }).click();
    expect(await dialog.getByLabel('Value').inputValue()).to.equal('');
    expect(await page.content()).not.to.contain('open sesame');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await set('secret', { Name: 'PIN', Value: '123', 'Allowed origins': 'https://service.example.com' });
    const warned = page.locator('.toast', { hasText: /Warning: shorter than .* not masked/ });
    await warned.getByRole('button', { name: 'Dismiss' }).click();
    await warned.waitFor({ state: 'detached' });
    await set('limit', { Name: 'slow', 'Concurrent calls': '2' });
    await rowOf(page, 'slow').getByText('2 calls').waitFor();
    for (const name of ['slow', 'PIN', 'API_KEY', 'STAGE']) await remove(name);
    await page.getByText('No limits').waitFor();
    await page.getByRole('link', { name: 'Calendars' }).click();
    await set('calendar', { Name: 'holidays', Dates: '2026-12-25 2027-01-01' });
    await rowOf(page, 'holidays').getByText('2 dates').waitFor();
    await rowOf(page, 'holidays').getByRole('button', { name: 'History…' }).click();
    await dialog.getByText('v1').click();
    await dialog.getByText('/dates').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await rowOf(page, 'holidays').getByRole('button', { name: 'Delete…' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await rowOf(page, 'holidays').waitFor({ state: 'detached' });
  });
});
