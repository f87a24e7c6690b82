import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { describePage, rowOf, type } from '../../support/site.ts';

describePage('the admin UI: a report of all jobs', (site) => {
  const cellOf = (page: Page, row: string, title: string) => rowOf(page, row).locator(`td[data-title="${title}"]`);

  it('shows rates by application and job for the chosen time, and is saved as CSV', async () => {
    const page = await site().visit('/audit');
    await page.getByRole('navigation').getByRole('link', { name: 'Report', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Report' }).waitFor();
    await cellOf(page, 'always-failing', 'Success rate').getByText('0.0 %', { exact: true }).waitFor();
    await page.getByRole('heading', { level: 2, name: 'Jobs of default' }).waitFor();
    await page.getByText(/^\d{4}-.* GMT to \d{4}-.* GMT, UTC\. Made \d{4}-.* GMT$/).waitFor();
    const failed = Number(await cellOf(page, 'always-failing', 'Failed').textContent());
    expect(failed).to.be.above(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).to.match(/^carillon-report-\d{4}-\d\d-\d\d\.csv$/);
    const lines = (await readFile(await download.path(), 'utf8')).split('\r\n');
    expect(lines[0]).to.match(/^application,job,from,to,runs,/);
    expect(lines.find((line) => line.includes('"always-failing"'))).to.match(
      new RegExp(`^"crm","always-failing",[^,]+,[^,]+,\\d+,0,${failed},0,0,0,\\d+,`),
    );

    await page.getByRole('button', { name: '30 d' }).click();
    await page.waitForURL(/span=30d/);
    await page.getByLabel('Application').selectOption({ label: 'Customers' });
    await page.waitForURL(/applicationId=/);
    await rowOf(page, 'always-failing').waitFor();
    await type(page.getByLabel('Before'), '2020-01-02T00:00');
    await page.getByText(/^2020-01-01 00:00:00 GMT to 2020-01-02 00:00:00 GMT, UTC\./).waitFor();
    await type(page.getByLabel('From'), '2020-01-01T12:00');
    await cellOf(page, 'always-failing', 'Runs').getByText('0', { exact: true }).waitFor();
    await page.getByText(/^2020-01-01 12:00:00 GMT to 2020-01-02 00:00:00 GMT, UTC\./).waitFor();
    await page.getByRole('button', { name: '24 h' }).click();
    await page.waitForURL((url) => !url.searchParams.has('from') && url.searchParams.get('span') === '24h');
  });

  it('is printed without what acts, black on white, with a head on each page', async () => {
    const page = await site().visit('/report?span=24h');
    await rowOf(page, 'always-failing').waitFor();
    await page.evaluate('globalThis.printed = 0; globalThis.print = () => { globalThis.printed += 1; }');
    await page.getByRole('button', { name: 'Print' }).click();
    expect(await page.evaluate('globalThis.printed')).to.equal(1);
    // The width of A4 in the margins of a browser.
    await page.setViewportSize({ width: 718, height: 1_000 });
    await page.evaluate("document.documentElement.style.colorScheme = 'dark'");
    await page.emulateMedia({ media: 'print' });
    try {
      const shown = await page.evaluate(`({
        acts: [...document.querySelectorAll('nav, .bar, .filters, button')].filter((each) => each.checkVisibility()).length,
        head: getComputedStyle(document.querySelector('.report thead')).display,
        total: getComputedStyle(document.querySelector('.report tfoot')).display,
        row: getComputedStyle(document.querySelector('.report tbody tr')).breakInside,
        color: getComputedStyle(document.querySelector('.report td')).color,
        paper: getComputedStyle(document.body).backgroundColor,
        card: getComputedStyle(document.querySelector('.card')).backgroundColor,
        isWhole: document.querySelector('.report').scrollWidth <= document.querySelector('main').clientWidth,
      })`);
      expect(shown).to.deep.equal({
        acts: 0,
        head: 'table-header-group',
        total: 'table-row-group',
        row: 'avoid',
        color: 'rgb(0, 0, 0)',
        paper: 'rgb(255, 255, 255)',
        card: 'rgb(255, 255, 255)',
        isWhole: true,
      });
    } finally {
      await page.emulateMedia({ media: null });
      await page.evaluate("document.documentElement.style.colorScheme = 'light dark'");
      await page.setViewportSize({ width: 1_400, height: 900 });
    }
  });
});
