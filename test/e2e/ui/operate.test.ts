import { describePage, rowOf } from '../../support/site.ts';

describePage('the admin page: what operators look at', (site) => {
  it('verifies a read model, and builds it anew', async () => {
    const page = await site().visit('/projections');
    const dialog = page.getByRole('dialog');
    await rowOf(page, 'operations').getByRole('button', { name: 'Verify…' }).click();
    await dialog.getByRole('button', { name: 'Verify' }).click();
    await rowOf(page, 'operations').getByText('as the log says').waitFor({ timeout: 20_000 });
    await rowOf(page, 'operations').getByRole('button', { name: 'Rebuild…' }).click();
    await dialog.getByRole('button', { name: 'Rebuild' }).click();
    await dialog.waitFor({ state: 'detached' });
    await rowOf(page, 'operations').getByText('built').first().waitFor({ timeout: 20_000 });
  });
});
