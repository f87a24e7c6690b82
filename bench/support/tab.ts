import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { z } from 'zod';
import type { BenchServer } from './server.ts';

const UI = '/_/scheduler/ui';
const GIVE_UP_MS = 20_000;

/** A context that is signed in and has cached nothing yet. */
export const freshContext = async (browser: Browser, { url, token }: BenchServer): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width: 1_400, height: 900 } });
  await context.addCookies([{ name: 'session', value: token, url }]);
  return context;
};

/** What shows that a page has its data, each by a CSS selector. */
export type Ready = readonly string[];

/** Loads a page. @returns after how many ms of the browser all of it was shown */
export const loadUntil = async (
  page: Page,
  { url }: BenchServer,
  at: { path: string; ready: Ready },
): Promise<number> => {
  await page.goto(`${url}${UI}${at.path}`, { waitUntil: 'commit' });
  const took = await page.evaluate(
    `(async (ready, giveUpMs) => {
      for (;;) {
        const missing = ready.filter((each) => document.querySelector(each) === null);
        if (missing.length === 0) return performance.now();
        if (performance.now() > giveUpMs) throw new Error('not shown: ' + missing + ' in ' + document.body.innerText);
        await new Promise(requestAnimationFrame);
      }
    })(${JSON.stringify(at.ready)}, ${GIVE_UP_MS})`,
  );
  return z.number().parse(took);
};

/** Types into a field. @returns after how many ms of the browser the first of the found rows is another one */
export const typeUntil = async (
  page: Page,
  typed: { readonly field: string; readonly text: string; readonly row: string },
) => {
  const took = await page.evaluate(
    `(async ({ field, text, row }) => {
      const input = document.querySelector(field);
      const isShown = () => [...document.querySelectorAll(row)].length > 0 &&
        [...document.querySelectorAll(row)].every((each) => each.textContent.includes(text));
      const startedMs = performance.now();
      input.focus();
      input.value = text;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      while (!isShown() && performance.now() < startedMs + ${GIVE_UP_MS}) await new Promise(requestAnimationFrame);
      return performance.now() - startedMs;
    })(${JSON.stringify(typed)})`,
  );
  return z.number().parse(took);
};

/** The bytes of all files of the page that came over the network, as they were sent. */
export const sentKb = async (page: Page): Promise<number> => {
  const bytes = await page.evaluate(
    `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter(({ name }) => new URL(name).pathname.startsWith(${JSON.stringify(UI)}))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
  );
  return z.number().parse(bytes) / 1_000;
};

/** What a tab holds once its garbage is collected. */
export type TabMemory = { readonly heapMb: number; readonly nodes: number; readonly listeners: number };

const Metrics = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });
const MEGABYTE = 1_048_576;

const memoryOf = async (session: CDPSession): Promise<TabMemory> => {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = Metrics.parse(await session.send('Performance.getMetrics'));
  const of = (name: string): number => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
  return { heapMb: of('JSHeapUsedSize') / MEGABYTE, nodes: of('Nodes'), listeners: of('JSEventListeners') };
};

/** Looks at what a tab holds every few seconds for a while. */
export const watchMemory = async (
  page: Page,
  { forMs, everyMs }: { forMs: number; everyMs: number },
): Promise<TabMemory[]> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const seen: TabMemory[] = [];
  for (const endMs = performance.now() + forMs; performance.now() < endMs; await sleep(everyMs)) {
    seen.push(await memoryOf(session));
  }
  await session.detach();
  return seen;
};
