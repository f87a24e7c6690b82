import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { describePage, press, rowOf } from '../../support/site.ts';

const MAX_TABS = 60;

/** Moves the focus there by the Tab key alone. */
const tabTo = async (page: Page, goal: Locator): Promise<void> => {
  await goal.waitFor();
  await page.evaluate('document.activeElement?.blur()');
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    if (await goal.evaluate((element) => element.matches(':focus'))) return;
  }
  throw new Error('no number of tabs leads there');
};

describePage('the admin page, by keys alone', (site) => {
  it('goes from the list of jobs to any page, and does what a button states', async () => {
    const page = await site().visit('/jobs');
    const navigation = page.getByRole('navigation', { name: 'Pages' });
    const links = await navigation.first().getByRole('link').allInnerTexts();
    // A mark stands in a line of its own.
    const titles = links.map((text) => text.trim().split('\n')[0] ?? '');
    expect(titles.length).to.be.above(8);
    await page.getByRole('heading', { level: 1, name: 'Jobs', exact: true }).waitFor();
    const [first = '', ...others] = titles;
    await tabTo(page, navigation.first().getByRole('link', { name: new RegExp(`^${first}`) }));
    for (const title of others) {
      await page.keyboard.press('Tab');
      await navigation
        .first()
        .getByRole('link', { name: new RegExp(`^${title}`) })
        .and(page.locator(':focus'))
        .waitFor();
    }
    await press(page, 'Enter');
    await page.getByRole('heading', { level: 1, name: others.at(-1) ?? first, exact: true }).waitFor();
    await site().visit('/jobs');
    await tabTo(page, page.getByRole('button', { name: 'Owner' }));
    await press(page, 'Enter');
    await page.waitForURL(/sort=createdBy/);
    await tabTo(page, page.getByRole('link', { name: 'New job' }));
    await press(page, 'Enter');
    await page.getByRole('heading', { level: 1, name: 'New job' }).waitFor();
  });

  it('goes to an execution by its id, and to an application or a job by a part of its name', async () => {
    const { body: executions } = await site().service.as().get('/executions?jobName=always-failing&limit=1');
    const page = await site().visit('/');
    for (const [typed, found, title] of [
      [String(executions[0].id), `Execution ${executions[0].id}`, `Execution ${executions[0].id}`],
      ['custom', 'Customers', 'Customers'],
      ['weekly-rep', 'weekly-report', 'weekly-report'],
      ['new j', 'New job', 'New job'],
    ] as const) {
      await press(page, 'Control+k');
      await page.keyboard.type(typed);
      await page.getByRole('option', { name: found }).and(page.locator('[aria-selected=true]')).waitFor();
      await press(page, 'Enter');
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    }
  });

  it('runs a command on a job or an application after asking', async () => {
    const { service, jobs } = site();
    const page = await site().visit('/');
    await press(page, 'Control+k');
    await page.keyboard.type('disable weekly');
    await page
      .getByRole('option', { name: 'Disable weekly-report' })
      .and(page.locator('[aria-selected=true]'))
      .waitFor();
    await press(page, 'Enter');
    await page.getByRole('dialog', { name: 'Disable weekly-report?' }).getByRole('button', { name: 'Disable' }).click();
    await page.getByText('Disabled weekly-report', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await press(page, 'Control+k');
    await page.keyboard.type('pause custom 2h');
    await page
      .getByRole('option', { name: /^Pause Customers until / })
      .and(page.locator('[aria-selected=true]'))
      .waitFor();
    await press(page, 'Enter');
    await page.getByRole('dialog', { name: 'Pause Customers?' }).getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused Customers until /).waitFor();
    const { body: pauses } = await service.as().get('/pauses');
    expect(pauses.map(({ scope }: { scope: string }) => scope)).to.deep.equal(['application']);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await service.eventually(async () => {
      const { body } = await service.as().get('/pauses');
      const { body: job } = await service.as().get(`/jobs/${jobs['weekly-report']}`);
      return body.length === 0 && job.enabled ? true : undefined;
    });
  });

  it('goes from row to row, and opens the one that has the focus', async () => {
    const page = await site().visit('/jobs?label=team:blue');
    await rowOf(page, 'weekly-report').waitFor({ state: 'detached' });
    await rowOf(page, 'nightly-sync').waitFor();
    const link = (name: string) => page.getByRole('link', { name, exact: true });
    for (const [key, name] of [
      ['j', 'hourly-export'],
      ['j', 'nightly-sync'],
      ['k', 'hourly-export'],
    ] as const) {
      await press(page, key);
      await page.locator('a:focus', { hasText: name }).waitFor();
    }
    await tabTo(page, link('nightly-sync'));
    await press(page, 'k');
    await page.locator('a:focus', { hasText: 'hourly-export' }).waitFor();
    await press(page, 'Enter');
    await page.getByRole('heading', { level: 1, name: 'hourly-export' }).and(page.locator(':focus')).waitFor();
    await page.getByRole('status').filter({ hasText: 'hourly-export' }).waitFor();
  });
});
