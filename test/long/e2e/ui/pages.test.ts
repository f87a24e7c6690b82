import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { barriersIn, overflowOf } from '../../../support/browser.ts';
import { describePage, PAGES } from '../../../support/site.ts';

const MAX_SHIFT = 0.05;

/** Adds up what the browser reports of content that moved by itself; it reports a shift with the frame after it. */
const SHIFT = `new Promise((resolve) => {
  let shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(shift))));
})`;

/** Titles, labels, choices and buttons that begin with a small letter; what users named is in code. */
const SMALL = `
  [...document.querySelectorAll('main :is(h1, h2, h3, thead th, legend, label, option, button, dt, .status, .empty-title, .legend)')]
    .filter((element) => element.checkVisibility() || element.matches('option'))
    .filter((element) => element.closest('.calendar, .time-bars') === null)
    .map((element) => element.textContent.trim())
    .filter((text) => /^\\p{Ll}/u.test(text))`;

/** Names that the tests, or the service, gave. */
const NAMED = /^(nightly-sync|hourly-export|weekly-report|each-minute|always-failing|crm|\d+ )/;

/** What has the focus and takes Enter or a blank by itself, but is kept from it. */
const TAKEN = `
  [...document.querySelectorAll('a[href], button, summary, input, select, textarea')].flatMap((element) =>
    ['Enter', ' '].flatMap((key) => {
      const isLeft = element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      return isLeft ? [] : [\`\${JSON.stringify(key)} at \${element.outerHTML.slice(0, 80)}\`];
    }),
  )`;

const textsOf = async (page: Page, script: string): Promise<string[]> =>
  z.array(z.string()).parse(await page.evaluate(script));

/** Themes and widths: each is seen, and the colors of both themes. */
const LOOKS = [
  { width: 1_400, colorScheme: 'light' },
  { width: 1_400, colorScheme: 'dark', rules: ['color-contrast'] },
  { width: 390, colorScheme: 'dark' },
] as const;

describePage('each page of the admin UI', (site) => {
  for (const [path, title] of [...PAGES, ['/nowhere', 'Not found']]) {
    it(`loads in place, with captions, keys and no barriers: ${path}`, async () => {
      const page = await site().visit(path);
      await page.reload();
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      await page.locator('main :is(.skeleton, .is-asked, [aria-busy=true])').first().waitFor({ state: 'detached' });
      expect(z.number().parse(await page.evaluate(SHIFT)), 'layout shift').to.be.at.most(MAX_SHIFT);
      const small = (await textsOf(page, SMALL)).filter((text) => !NAMED.test(text));
      expect(small, 'captions without a capital').to.deep.equal([]);
      expect(await textsOf(page, TAKEN), 'keys that a focused element does not get').to.deep.equal([]);
      try {
        for (const { width, colorScheme, ...other } of LOOKS) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          expect(await barriersIn(page, other), `${colorScheme} at ${width}`).to.deep.equal([]);
          expect(await overflowOf(page), `pixels wider than ${width}`).to.equal(0);
        }
      } finally {
        await page.setViewportSize({ width: 1_400, height: 900 });
        await page.emulateMedia({ colorScheme: 'light' });
      }
    });
  }
});
