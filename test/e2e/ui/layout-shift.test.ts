import { expect } from 'chai';
import { z } from 'zod';
import { ADMIN, describePage, openLink, PAGES, UI } from '../../support/site.ts';

const MAX_SHIFT = 0.05;

/** Adds up what the browser reports of content that moved by itself. */
const OBSERVE = `
  globalThis.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });`;

/** The browser reports a shift with the frame after it. */
const SHIFT = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => drawn(globalThis.shift)))))`;

describePage('the admin UI keeps in place what it shows', (site) => {
  it(`while a page loads, up to a layout shift of ${MAX_SHIFT}`, async () => {
    const { service } = site();
    const page = await site().stranger('/nowhere');
    await openLink(page, `${service.url}${UI}/jobs#token=${service.token(ADMIN)}`);
    await page.addInitScript(OBSERVE);
    const shifts: Record<string, number> = {};
    for (const [path, title] of PAGES) {
      await page.goto(`${service.url}${UI}${path}`);
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      await page.locator('main :is(.skeleton, .is-asked, [aria-busy=true])').first().waitFor({ state: 'detached' });
      shifts[path] = z.number().parse(await page.evaluate(SHIFT));
    }
    const moved = Object.entries(shifts).filter(([, shift]) => shift > MAX_SHIFT);
    expect(moved, JSON.stringify(shifts)).to.deep.equal([]);
  });
});
