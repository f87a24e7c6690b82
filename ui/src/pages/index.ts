import type { ComponentType } from 'preact';
import type { PageProps } from '../components/page-props.ts';

export type Page = {
  /** Address below the page's prefix. */
  readonly path: string;
  /** Loads the page's code when it is first shown. */
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
};

/** All pages; the first with a matching path is shown. */
export const PAGES: readonly Page[] = [
  { path: '/', load: () => import('./overview.tsx') },
  { path: '/jobs', load: () => import('./jobs.tsx') },
  { path: '/jobs/new', load: () => import('./new-job.tsx') },
  { path: '/jobs/:id/edit', load: () => import('./edit-job.tsx') },
  { path: '/jobs/:id', load: () => import('./job.tsx') },
  { path: '/executions', load: () => import('./executions.tsx') },
  { path: '/executions/:id', load: () => import('./execution.tsx') },
  { path: '/applications', load: () => import('./applications.tsx') },
  { path: '/applications/:id', load: () => import('./application.tsx') },
  { path: '/calendars', load: () => import('./calendars.tsx') },
  { path: '/pauses', load: () => import('./pauses.tsx') },
  { path: '/timeline', load: () => import('./timeline.tsx') },
  { path: '/queues', load: () => import('./queues.tsx') },
  { path: '/alerts', load: () => import('./alerts.tsx') },
  { path: '/operations', load: () => import('./operations.tsx') },
  { path: '/tokens', load: () => import('./tokens.tsx') },
  { path: '/report', load: () => import('./report.tsx') },
  { path: '/audit', load: () => import('./audit.tsx') },
  { path: '/projections', load: () => import('./projections.tsx') },
];

const loaded = new Map<Page, ComponentType<PageProps>>();

/** The component of a page; `undefined` until its code is loaded. */
export const loadedPage = (page: Page): ComponentType<PageProps> | undefined => loaded.get(page);

export const loadPage = async (page: Page): Promise<void> => {
  loaded.set(page, (await page.load()).default);
};

/** Preloads the code of the page at an address below the page's prefix. */
export const loadAhead = async (path: string): Promise<void> => {
  const page = PAGES.find((each) => new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path));
  // If this fails, the page reports it when it is shown.
  if (page !== undefined) await loadPage(page).catch(() => {});
};
