import { expect } from 'chai';
import { ADMIN, describePage, openLink, READER, rowOf, type, UI } from '../../support/site.ts';

describePage('the admin page: signing in', (site) => {
  it('accepts a pasted token, and explains a rejection', async () => {
    const page = await site().stranger('/jobs');
    await type(page.getByLabel('Or use a token'), 'no token');
    await page.getByRole('button', { name: 'Sign in with token' }).click();
    await page.getByRole('alert').waitFor();
    site().complaints();
    await type(page.getByLabel('Or use a token'), site().service.token(ADMIN));
    await page.getByRole('button', { name: 'Sign in with token' }).click();
    await rowOf(page, 'nightly-sync').waitFor();
  });

  it('uses an identity provider, returns to the requested page, and signs out there too', async () => {
    const { url } = site().service;
    const page = await site().stranger('/jobs?name=weekly');
    await page.getByRole('link', { name: 'Sign in with your identity provider' }).click();
    await rowOf(page, 'weekly-report').waitFor();
    expect(page.url()).to.equal(`${url}${UI}/jobs?name=weekly`);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('ada · default').and(page.locator(':visible')).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${site().provider.issuer}/**`);
    site().complaints();
    await page.goto(`${url}${UI}/jobs`);
    await page.getByLabel('Or use a token').waitFor();
  });

  it('needs a confirmation if a link has a token, and removes the token from the address', async () => {
    const { service } = site();
    const page = await site().stranger('/nowhere');
    const mallory = `${service.url}${UI}/jobs#token=${service.token({ ...READER, sub: 'mallory' })}`;
    await page.goto(mallory);
    const requested = page.getByRole('dialog', { name: 'Sign in with this link?' });
    await requested.getByText('mallory (tenant default)').waitFor();
    await requested.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Or use a token').waitFor();
    expect(await page.context().cookies(), 'nobody is signed in').to.deep.equal([]);
    await page.goto(`${service.url}${UI}/nowhere`);
    await openLink(page, mallory);
    await rowOf(page, 'nightly-sync').waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('mallory · default').and(page.locator(':visible')).waitFor();
    expect(page.url()).to.equal(`${service.url}${UI}/jobs`);
    expect(await page.title()).to.match(/Jobs · Carillon$/);
    await page.goto(`${service.url}${UI}/nowhere`);
    await page.goto(`${service.url}${UI}/jobs#token=${service.token({ sub: 'eve', ...ADMIN })}`);
    const dialog = page.getByRole('dialog', { name: 'Switch to another account?' });
    await dialog.getByText('eve (tenant default)').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await rowOf(page, 'nightly-sync').waitFor();
    expect(await page.getByRole('link', { name: 'New job' }).count(), 'still who only reads').to.equal(0);
    await page.goto(`${service.url}${UI}/nowhere`);
    await page.goto(`${service.url}${UI}/jobs#token=no.good.token`);
    await rowOf(page, 'nightly-sync').waitFor();
    site().complaints();
  });

  it('is requested again after the session has ended, and returns to the same page', async () => {
    const { service } = site();
    const page = await site().separate('/jobs?name=weekly');
    await rowOf(page, 'weekly-report').waitFor();
    await page.context().clearCookies();
    // At once, as the dialog takes the focus with the first response.
    await page.getByLabel('Search jobs by name').press('End');
    await page.keyboard.insertText(' owner:ann');
    await page.getByRole('dialog', { name: 'Your session has expired' }).waitFor();
    site().complaints();
    await type(page.getByLabel('Or use a token'), service.token(ADMIN));
    await page.getByRole('button', { name: 'Sign in with token' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await rowOf(page, 'weekly-report').waitFor();
    // Of what was asked at the same time, some answers came later.
    expect(
      site()
        .complaints()
        .filter((said) => !said.includes('401')),
    ).to.deep.equal([]);
  });

  it('is not waited for when the page is loaded again', async () => {
    const page = await site().separate('/jobs');
    await page.getByRole('button', { name: 'Live' }).waitFor();
    await rowOf(page, 'nightly-sync').waitFor();
    const held = Promise.withResolvers<void>();
    await page.route('**/session', async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.reload();
    await rowOf(page, 'nightly-sync').waitFor();
    await page.getByRole('link', { name: 'New job' }).waitFor();
    held.resolve();
  });

  it('is as the service states it is now, not as it was when the page was loaded before', async () => {
    const { service } = site();
    const page = await site().separate('/jobs');
    await page.getByRole('link', { name: 'New job' }).waitFor();
    await page.request.post(`${service.url}/_/scheduler/session`, {
      headers: { Authorization: `Bearer ${service.token(READER)}` },
    });
    await page.reload();
    await rowOf(page, 'nightly-sync').waitFor();
    await page.getByRole('link', { name: 'New job' }).waitFor({ state: 'detached' });
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    site().complaints();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    expect(site().complaints(), 'nobody is remembered, and nothing asked for').to.deep.equal([]);
  });

  it('loads at most 150 KB, gzipped, for the first page', async () => {
    const { service } = site();
    const page = await site().stranger('/nowhere');
    const files = new Set<string>();
    page.on('request', (request) => {
      if (request.url().includes(UI)) files.add(request.url().split('#', 1)[0] ?? '');
    });
    await openLink(page, `${service.url}${UI}/#token=${service.token(ADMIN)}`);
    await page.getByRole('navigation').first().waitFor();
    await page.reload();
    await page.getByRole('region', { name: 'Next hour' }).getByRole('link').first().waitFor();
    await page.getByRole('navigation').first().getByRole('link', { name: 'Jobs', exact: true }).click();
    await rowOf(page, 'nightly-sync').waitFor();
    const sizes = await Promise.all(
      [...files].map(async (file) => {
        const { headers } = await fetch(file, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
        return Number(headers.get('content-length'));
      }),
    );
    expect(sizes.length).to.be.above(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(20_000, 150_000);
  });
});
