import path from 'node:path';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { readModelsAt } from '../bench/support/read-models.ts';
import { type BenchServer, startBenchServer } from '../bench/support/server.ts';
import { htmlOf, messageOf } from '../src/alerts/message.ts';
import { aRule } from '../test/support/alerts.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { startTarget } from '../test/support/target.ts';
import { APPLICATIONS, JOBS } from './pictures/jobs.ts';
import { givePast } from './pictures/past.ts';

/**
 * node scripts/pictures.ts [folder] [page…]
 *
 * Starts a service with jobs that have a past, and writes pictures of each page of the admin UI, or of those named: light and
 * wide, dark, and as on a phone. Without a folder, they are those in docs/, with that of an alert's mail.
 */
const UI = '/_/scheduler/ui';
const IMAGES = path.join(import.meta.dirname, '../docs/images');
const WIDE = { width: 1_400, height: 1_000 };
const PHONE = { width: 390, height: 844 };

type Look = { readonly scheme: 'light' | 'dark'; readonly size: typeof WIDE; readonly scale?: number };
type Shot = Look & { readonly at: string; readonly ready: string; readonly file: string };

const Created = z.object({ id: z.int() });

/** @returns the ids of applications and jobs by their names */
const furnish = async (server: BenchServer, origin: string): Promise<Readonly<Record<string, number>>> => {
  // The sample job of each new service.
  await server.call('DELETE', '/jobs/1');
  const applications = new Map<string, number>();
  for (const [name, displayName] of APPLICATIONS) {
    const { id } = Created.parse(await server.call('POST', '/applications', { name, displayName }));
    applications.set(name, id);
  }
  const first = applications.get('crm') ?? 0;
  await server.call('PUT', `/applications/${first}/variables/SHOP`, { value: 'https://shop.example.com' });
  await server.call('PUT', `/applications/${first}/secrets/SHOP_TOKEN`, { value: 'a secret for the shop' });
  await server.call('PUT', `/applications/${first}/limits/shop`, { parallel: 4 });
  await server.call('PUT', '/calendars/public-holidays', { dates: ['2026-12-25', '2026-12-26', '2027-01-01'] });
  const made = [];
  for (const job of JOBS) {
    const { application, name, description, pattern, timezone, labels } = job;
    const applicationId = applications.get(application) ?? 0;
    const url = `${origin}/echo`;
    const { id } = Created.parse(
      await server.call('POST', '/jobs', {
        ...{ applicationId, name, description, pattern, timezone, labels, taskType: 'HttpInvokerTask' },
        taskConfig: { url, method: 'POST', body: { since: '${T-1:YYYY-MM-DD}' } },
      }),
    );
    made.push({ ...job, id, applicationId, url });
  }
  await readModelsAt(server);
  await givePast(server.database, made);
  const failed = await server.call('GET', '/executions?jobName=sync-invoices&status=failed&limit=1');
  const named = made.map(({ name, id }) => [name, id] as const);
  return Object.fromEntries([
    ...applications,
    ...named,
    ...z
      .array(Created)
      .parse(failed)
      .map(({ id }) => ['failed', id]),
  ]);
};

const take = async (browser: Browser, server: BenchServer, shots: readonly Shot[]): Promise<void> => {
  for (const { at, ready, file, scheme, size, scale = 1 } of shots) {
    const context = await browser.newContext({
      ...{ viewport: size, deviceScaleFactor: scale, colorScheme: scheme },
      ...{ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce' },
    });
    await context.addCookies([{ name: 'session', value: server.token, url: server.url }]);
    const page = await context.newPage();
    await page.goto(`${server.url}${UI}${at}`);
    await page.locator(ready).first().waitFor();
    await page.locator('.skeleton, .is-asked').first().waitFor({ state: 'detached' });
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    await page.screenshot({ path: file });
    console.log(path.relative('.', file));
    await context.close();
  }
};

/** The mail in docs/how-to/alerts.md. */
const takeMail = async (browser: Browser): Promise<void> => {
  const alerts = ['nightly-export', 'invoice-run', 'address-sync'].map((jobName, index) => ({
    ...{ jobId: index + 2, jobName, applicationId: 2, since: `2026-11-27T05:17:4${index + 5}.060Z` },
    changedAt: '2026-11-27T05:18:05.821Z',
    summary: '3 executions failed in a row. Last error: ECONNREFUSED: the target refused the connection',
  }));
  const notification = { notificationId: 'picture', at: '2026-11-27T05:18:05.821Z', alerts, more: 0 };
  const rule = aRule({ tenant: 'default', name: 'crm-failing' });
  const page = await browser.newPage({ viewport: { width: 720, height: 600 } });
  await page.setContent(htmlOf(messageOf({ rule, notification }, 'https://jobs.example.com/_/scheduler')));
  await page.screenshot({ path: path.join(IMAGES, 'alert-mail.png') });
  await page.close();
};

const LIGHT: Look = { scheme: 'light', size: WIDE };
const DARK: Look = { scheme: 'dark', size: WIDE };
const ON_PHONE: Look = { scheme: 'light', size: PHONE };

const shotsOf = (ids: Readonly<Record<string, number>>, folder: string | undefined): readonly Shot[] => {
  const job = ids['settle-cards'];
  const places = {
    overview: ['/', '.time-bars svg rect'],
    jobs: ['/jobs', 'tbody .col-strip svg path'],
    job: [`/jobs/${job}`, '.dots circle'],
    form: [`/jobs/${ids['sync-contacts']}/edit`, '.insertions button:nth-of-type(3)'],
    executions: ['/executions?span=24h', '.time-bars svg rect'],
    execution: [`/executions/${ids.failed}`, '.time-line tbody tr'],
    timeline: ['/timeline?span=24h', '.timeline-bar'],
    queues: ['/queues', 'h1'],
    report: ['/report', 'tbody tr'],
    audit: ['/audit', 'tbody tr'],
    alerts: ['/alerts', 'h1'],
    application: [`/applications/${ids.crm}`, 'tbody tr'],
    operations: ['/operations', 'h1'],
  } as const;
  const shot = (name: keyof typeof places, look: Look, suffix: string): Shot => {
    const [at, ready] = places[name];
    return { ...look, at, ready, file: path.join(folder ?? IMAGES, `${name}-${suffix}.png`) };
  };
  const names = (Object.keys(places) as (keyof typeof places)[]).filter(
    (name) => only.length === 0 || only.includes(name),
  );
  return names.flatMap((name) => [shot(name, LIGHT, 'light'), shot(name, DARK, 'dark'), shot(name, ON_PHONE, 'phone')]);
};

const [folder, ...only] = process.argv.slice(2);
const target = await startTarget();
const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
const browser = await launchBrowser();
try {
  await take(browser, server, shotsOf(await furnish(server, target.origin), folder));
  if (folder === undefined) await takeMail(browser);
} finally {
  await browser.close();
  await server.stop();
  await target.close();
}
