import { expect } from 'chai';
import { describePage, OF_ADMINISTRATORS, openLink, PAGES, rowOf, UI } from '../../../support/site.ts';

/** What a button or link is called that changes something. */
const CHANGES =
  /New|Edit|Save|Create|Delete|Change|Pause…|Lift|^Act|Backfill…|Revert|^Run|Cancel|^Enable|^Disable|Test|Stop|Revoke|Rebuild|Verify/;

describePage('the admin page, for a read-only user', (site) => {
  for (const [path, title] of PAGES.filter(([each]) => !OF_ADMINISTRATORS.includes(each))) {
    it(`offers no change at ${path}`, async () => {
      const page = await site().visit(path, 'reader');
      await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      if (path === '/jobs') await rowOf(page, 'nightly-sync').waitFor();
      const main = page.getByRole('main');
      for (const role of ['button', 'link', 'menuitem'] as const) {
        const offered = await main.getByRole(role, { name: CHANGES }).allInnerTexts();
        expect(offered, role).to.deep.equal([]);
      }
    });
  }

  const FEW = [
    ['bound to one application', ['scheduler:jobs:read', 'scheduler:executions:read'], true],
    ['who may only see jobs', ['scheduler:jobs:read'], false],
    ['who may only see executions', ['scheduler:executions:read'], false],
    ['who may only see the audit', ['scheduler:audit:read'], false],
  ] as const;
  for (const [who, permissions, isBound] of FEW) {
    it(`has pages for someone ${who}: nothing fails, and nothing loads for ever`, async () => {
      const { service, applicationId, jobs } = site();
      const bound = isBound ? { applications: [applicationId] } : {};
      const { body } = await service.as().post('/tokens', { name: who, permissions, ...bound });
      const page = await site().stranger('/nowhere');
      await openLink(page, `${service.url}${UI}/#token=${body.token}`);
      const paths = [...PAGES.map(([path]) => path), `/jobs/${jobs['always-failing']}`];
      for (const path of paths) {
        await page.evaluate(`history.pushState(null, '', ${JSON.stringify(`${UI}${path}`)})`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.loading, .skeleton').first().waitFor({ state: 'detached' });
        expect(await page.locator('.failed').allInnerTexts(), path).to.deep.equal([]);
        // The heading can come before what is below it.
        await page.getByRole('main').filter({ hasText: /.{40}/ }).waitFor();
      }
      await service.as().delete(`/tokens/${body.id}`);
    });
  }
});
