import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { describePage } from '../../support/site.ts';

describePage('the admin UI: many jobs on one axis', (site) => {
  const lengthMs = (page: Page): number => {
    const [from, to] = ['from', 'to'].map((name) => Date.parse(new URL(page.url()).searchParams.get(name) ?? ''));
    return (to ?? 0) - (from ?? 0);
  };

  it('is zoomed by keys and by dragging, and opens an execution', async () => {
    await site().service.as().post(`/jobs/${site().jobs['always-failing']}/trigger`);
    const page = await site().visit('/timeline');
    await page.getByRole('heading', { level: 1, name: 'Timeline' }).waitFor();
    const row = page.locator('.timeline-row').filter({ has: page.getByRole('link', { name: 'always-failing' }) });
    await row.getByRole('img', { name: /executions?: .*failed/ }).waitFor();
    await page.getByRole('img', { name: /^Up to \d+ executions? ran simultaneously$/ }).waitFor();
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.waitForURL(/from=/);
    expect(lengthMs(page)).to.equal(2 * 3_600_000);
    await page.locator('body').press('+');
    await page.waitForFunction('new URL(location.href).searchParams.get("to") !== null');
    const track = row.locator('.track');
    const box = await track.boundingBox();
    if (box === null) throw new Error('the row has no track');
    const before = page.url();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 2);
    await page.mouse.up();
    await page.waitForURL((url) => url.href !== before);
    expect(lengthMs(page)).to.be.closeTo(3_600_000 / 2, 60_000);
    await page.locator('body').press('0');
    await page.waitForURL((url) => url.search === '');
    await row.locator('.timeline-bar').last().click();
    await page.getByRole('heading', { level: 1, name: /^Execution \d+$/ }).waitFor();
  });
});
