import { expect } from 'chai';
import { z } from 'zod';
import { describePage, PAGES } from '../../support/site.ts';

/** Titles, labels, choices and buttons that are seen and begin with a small letter; what is named by users stands in code. */
const SMALL = `
  [...document.querySelectorAll('main :is(h1, h2, h3, thead th, legend, label, option, button, dt, .status, .empty-title, .legend)')]
    .filter((element) => element.checkVisibility() || element.matches('option'))
    .filter((element) => element.closest('.calendar, .time-bars') === null)
    .map((element) => element.textContent.trim())
    .filter((text) => /^\\p{Ll}/u.test(text))`;

/** Names that the tests, or the service, gave. */
const NAMED = /^(nightly-sync|hourly-export|weekly-report|each-minute|always-failing|crm|\d+ )/;

describePage('the captions of the admin page', (site) => {
  for (const [path, title] of PAGES) {
    it(`begin with a capital at ${path}`, async () => {
      const page = await site().visit(path);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      await page.locator('main .skeleton').first().waitFor({ state: 'detached' });
      const small = z.array(z.string()).parse(await page.evaluate(SMALL));
      expect(small.filter((text) => !NAMED.test(text))).to.deep.equal([]);
    });
  }
});
