import { expect } from 'chai';
import { barriersIn, overflowOf } from '../../support/browser.ts';
import { describePage } from '../../support/site.ts';

const PAGES = [
  ['/', 'Overview'],
  ['/jobs', 'Jobs'],
  ['/jobs/1', 'nightly-sync'],
  ['/executions/1', 'Execution 1'],
  ['/executions', 'Executions'],
  ['/jobs/new', 'New job'],
  ['/applications', 'Applications'],
  ['/applications/1', 'Customers'],
  ['/calendars', 'Calendars'],
  ['/pauses', 'Pauses'],
  ['/alerts', 'Alerts'],
  ['/operations', 'Operations'],
  ['/tokens', 'API tokens'],
  ['/audit', 'Audit'],
  ['/projections', 'Projections'],
  ['/nowhere', 'Not found'],
] as const;

describePage('the admin page has no barriers', (site) => {
  const looks = [
    { width: 1_400, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const;
  for (const [path, title] of PAGES) {
    it(`at ${path}, light and wide, and dark and narrow`, async () => {
      const page = await site().visit(path);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      try {
        for (const { width, colorScheme } of looks) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          expect(await barriersIn(page), colorScheme).to.deep.equal([]);
          expect(await overflowOf(page), `pixels wider than ${width}`).to.equal(0);
        }
      } finally {
        await page.setViewportSize({ width: 1_400, height: 900 });
        await page.emulateMedia({ colorScheme: 'light' });
      }
    });
  }
});
