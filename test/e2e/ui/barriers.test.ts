import { expect } from 'chai';
import { barriersIn, overflowOf } from '../../support/browser.ts';
import { describePage, PAGES } from '../../support/site.ts';

describePage('the admin page has no barriers', (site) => {
  const looks = [
    { width: 1_400, colorScheme: 'light' },
    { width: 1_400, colorScheme: 'dark' },
    { width: 390, colorScheme: 'dark' },
  ] as const;
  for (const [path, title] of [...PAGES, ['/nowhere', 'Not found']]) {
    it(`at ${path}, in both themes, wide and narrow`, async () => {
      const page = await site().visit(path);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      try {
        for (const { width, colorScheme } of looks) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          expect(await barriersIn(page), `${colorScheme} at ${width}`).to.deep.equal([]);
          expect(await overflowOf(page), `pixels wider than ${width}`).to.equal(0);
        }
      } finally {
        await page.setViewportSize({ width: 1_400, height: 900 });
        await page.emulateMedia({ colorScheme: 'light' });
      }
    });
  }
});
