import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { describePage } from '../../support/site.ts';

describePage('the admin UI: what an auditor downloads', (site) => {
  it('is an export with its proof, and the command that checks it', async () => {
    const page = await site().visit('/audit');
    await page.getByRole('button', { name: 'Export with proof…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export with proof' });
    await dialog.getByText(/^npx carillon audit check carillon-.*\.ndjson --key "/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download export' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines.length).to.be.above(5);
    expect(lines.at(-1)).to.include('manifest');
    await dialog.getByRole('button', { name: 'Close' }).click();
  });

  it('is the proof of one execution, on its page', async () => {
    const { body } = await site().service.as().get('/executions?jobName=always-failing&limit=1');
    const page = await site().visit(`/executions/${body[0].id}`);
    await page.getByRole('region', { name: 'Error' }).getByText('answer', { exact: true }).waitFor();
    await page
      .getByRole('region', { name: 'Attempts' })
      .getByText(/^[\d,]+ ms from the slot$/)
      .waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download proof' }).click(),
    ]);
    expect(download.suggestedFilename()).to.equal(`execution-${body[0].id}.proof`);
    expect((await readFile(await download.path(), 'utf8')).length).to.be.above(100);
  });
});
