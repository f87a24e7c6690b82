import { expect } from 'chai';
import type { ProjectionView } from '../../../../src/projections/queries/projection-views.ts';
import { describePage, rowOf } from '../../../support/site.ts';

describePage('the admin page: read models', (site) => {
  it('verifies a read model, and rebuilds it', async () => {
    const page = await site().visit('/projections');
    const dialog = page.getByRole('dialog');
    const liveGeneration = async (): Promise<number> => {
      const { body } = await site().service.as().get('/projections');
      const found: readonly ProjectionView[] = body;
      return found.find(({ name }) => name === 'backfills')?.live?.generation ?? 0;
    };
    const before = await liveGeneration();
    await rowOf(page, 'backfills').getByRole('button', { name: 'Verify…' }).click();
    await dialog.getByRole('button', { name: 'Verify' }).click();
    await rowOf(page, 'backfills').getByText('matches the log').waitFor();
    await rowOf(page, 'backfills').getByRole('button', { name: 'Rebuild…' }).click();
    await dialog.getByRole('button', { name: 'Rebuild' }).click();
    await dialog.waitFor({ state: 'detached' });
    await rowOf(page, 'backfills').getByText('built').first().waitFor();
    expect(await liveGeneration()).to.be.above(before);
  });
});
