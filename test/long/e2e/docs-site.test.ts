import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { writeSite } from '../../../scripts/docs/site.ts';
import { barriersIn, describeInBrowser, launchBrowser, overflowOf } from '../../support/browser.ts';

describeInBrowser('the site of the documentation, opened from the disk', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const open = (file: string) => page.goto(pathToFileURL(path.join(folder, file)).href);

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-site-'));
    await writeSite(path.join(folder, 'site'));
    browser = await launchBrowser();
    page = await browser.newPage();
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it('begins with the README, and leads to every page beside it', async () => {
    await open('site/index.html');
    await page.getByRole('heading', { level: 1, name: 'Carillon' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Run control' }).click();
    await page.getByRole('heading', { level: 1, name: 'Run control' }).waitFor();
  });

  it('finds what one searches for, and leads to its place', async () => {
    await open('site/docs/README.html');
    await page.getByRole('searchbox').fill('misfire');
    await page
      .getByRole('link', { name: /^Run control/ })
      .last()
      .click();
    await page.getByRole('heading', { level: 1, name: 'Run control' }).waitFor();
  });

  it('fits a phone, and keeps no one out', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    for (const file of ['README', 'docs/reference/codes', 'docs/reference/api/jobs']) {
      await open(`site/${file}.html`);
      expect(await overflowOf(page), file).to.equal(0);
      expect(await barriersIn(page), file).to.deep.equal([]);
    }
  });
});
