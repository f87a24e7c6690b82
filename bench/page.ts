import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { CHROMIUM, launchBrowser } from '../test/support/browser.ts';
import { type Bench, quantile } from './harness.ts';
import { dailyPattern, fillExecutions } from './support/fill-executions.ts';
import { createApplication, createJobs } from './support/jobs.ts';
import { readModelsAt } from './support/read-models.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { freshContext, loadUntil, sentKb, type TabMemory, typeUntil, watchMemory } from './support/tab.ts';
import { startBenchTarget } from './support/target.ts';

const LOADS = 7;
const LIVE_JOBS = 5;
const POLL_INTERVAL_MS = 5_000;
/** Until this fraction of the time, caches still grow. */
const SETTLED_AFTER = 0.2;

const PAGES = {
  overview: { path: '/', ready: ['[aria-labelledby=upcoming] a', '[aria-labelledby=hours] svg', '.tile'] },
  jobs: { path: '/jobs', ready: ['tbody .job-name', 'tbody .col-strip svg'] },
} as const;

/**
 * The overview and the list of jobs in a browser on the machine of the server: loaded by a browser that has nothing of
 * it, loaded again, and searched; then what a tab holds while it follows events for some minutes
 * (`--minutes=10`). The read models have 10,000 jobs and 1,000,000 executions (`--jobs=`, `--days=`: one a job and day).
 */
export const bench: Bench = async ({ size, say }) => {
  if (!existsSync(CHROMIUM)) {
    say(`SKIPPED: this needs ${CHROMIUM} (Debian: apt install chromium)`);
    return { figures: {}, targets: {} };
  }
  const count = numberAsked('jobs') ?? { full: 10_000, quick: 500, smallest: 20 }[size];
  const days = numberAsked('days') ?? { full: 100, quick: 40, smallest: 3 }[size];
  const minutes = numberAsked('minutes') ?? { full: 10, quick: 0.5, smallest: 0.05 }[size];
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  let browser: Browser | undefined;
  try {
    const applicationId = await createApplication(server);
    const first = await seedJobs(server, { count, applicationId, origin: target.origin, patternOf: dailyPattern });
    await readModelsAt(server);
    say(`writing executions of ${count} jobs and ${days} days`);
    const executions = await fillExecutions(server, { jobs: { first, count }, applicationId, days });
    say(`${executions} executions`);
    browser = await launchBrowser();
    const loads = await measureLoads(browser, server);
    const searches = await measureSearch(browser, server, count);
    say(`following events for ${minutes} minutes`);
    const endAt = new Date(Date.now() + minutes * 60_000 + 60_000).toISOString();
    await createJobs(server, { origin: target.origin, count: LIVE_JOBS, pattern: '* * * * * *', endAt });
    const seen = await measureMemory(browser, server, minutes * 60_000);
    return {
      figures: { jobs: count, executions, ...loads, ...searches, minutes, ...growthOf(seen) },
      targets: {
        overviewColdMs: { atMost: 1_000 },
        jobsColdMs: { atMost: 1_000 },
        overviewWarmMs: { atMost: 300 },
        jobsWarmMs: { atMost: 300 },
        searchP95Ms: { atMost: 150 },
        firstPageKb: { atMost: 150 },
        heapGrewMb: { atMost: 1 },
        nodesGrew: { atMost: 500 },
      },
    };
  } finally {
    await browser?.close();
    await server.stop();
    await target.stop();
  }
};

/** Cold: a context of its own, which has cached nothing. Warm: loaded again in one that has. Medians. */
const measureLoads = async (browser: Browser, server: BenchServer) => {
  const took = new Map<string, number[]>();
  const put = (name: string, ms: number) => took.set(name, [...(took.get(name) ?? []), ms]);
  let firstPageKb = 0;
  for (const [name, at] of Object.entries(PAGES)) {
    for (let load = 0; load < LOADS; load++) {
      const context = await freshContext(browser, server);
      const page = await context.newPage();
      const coldMs = await loadUntil(page, server, at);
      if (load === 0) put(`${name}First`, coldMs);
      put(`${name}Cold`, coldMs);
      if (name === 'overview') firstPageKb = await sentKb(page);
      put(`${name}Warm`, await loadUntil(page, server, at));
      await context.close();
    }
  }
  const figures = [...took].map(([name, samples]) => [`${name}Ms`, quantile(samples, 0.5)] as const);
  return { ...Object.fromEntries(figures), firstPageKb };
};

const SEARCHES = 20;

const measureSearch = async (browser: Browser, server: BenchServer, count: number) => {
  const context = await freshContext(browser, server);
  const page = await context.newPage();
  await loadUntil(page, server, PAGES.jobs);
  const took: number[] = [];
  for (let search = 0; search < SEARCHES; search++) {
    const text = `seeded ${(100 + 37 * search) % count}`;
    const typed = { field: '.search-field input', text, row: 'tbody .job-name' };
    took.push(await typeUntil(page, typed));
  }
  await context.close();
  return { searchP50Ms: quantile(took, 0.5), searchP95Ms: quantile(took, 0.95) };
};

const measureMemory = async (browser: Browser, server: BenchServer, forMs: number): Promise<TabMemory[]> => {
  const context = await freshContext(browser, server);
  const page = await context.newPage();
  await loadUntil(page, server, PAGES.overview);
  const seen = await watchMemory(page, { forMs, everyMs: POLL_INTERVAL_MS });
  await context.close();
  return seen;
};

/** By how much the middle of the last third lies above that of the first third, once the tab has settled. */
const growthOf = (seen: readonly TabMemory[]) => {
  const settled = seen.slice(Math.floor(seen.length * SETTLED_AFTER));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const middle = (of: readonly TabMemory[], what: keyof TabMemory) =>
    quantile(
      of.map((each) => each[what]),
      0.5,
    );
  const grew = (what: keyof TabMemory) => middle(settled.slice(-third), what) - middle(settled.slice(0, third), what);
  return {
    heapMb: middle(settled, 'heapMb'),
    heapGrewMb: grew('heapMb'),
    nodes: middle(settled, 'nodes'),
    nodesGrew: grew('nodes'),
    listenersGrew: grew('listeners'),
  };
};

/** `--minutes=5` */
const numberAsked = (name: string): number | undefined => {
  const found = process.argv.map((word) => new RegExp(`^--${name}=([\\d.]+)$`).exec(word)?.[1]).find((each) => each);
  return found === undefined ? undefined : Number(found);
};
