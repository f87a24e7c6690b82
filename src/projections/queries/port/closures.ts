import type { ClosureBook } from '../../../domain/closures/closure-book.ts';
import type { Pause } from '../../../domain/events/index.ts';
import type { NamingJobsView } from './applications.ts';
import type { ListPage, PageRequest } from './pages.ts';
import type { Scope, TenantScope } from './scope.ts';

/** A calendar as lists show it. */
export type CalendarSummary = {
  readonly name: string;
  readonly description?: string;
  readonly dateCount: number;
  /** Slots due from here on are judged by its dates. */
  readonly since: string;
  readonly setBy: string;
};

export type CalendarView = Omit<CalendarSummary, 'dateCount'> & { readonly dates: readonly string[] };

export type PauseView = Omit<Pause, 'pauseId' | 'tenant' | 'applicationId' | 'target'> & {
  readonly id: number;
  /** The application or target that is paused. */
  readonly of?: number | string;
};

/** Of calendars and pauses. */
export type ClosureQueries = {
  /** By name, of one tenant. @throws BadCursor */
  listCalendars(scope: TenantScope, page: PageRequest): Promise<ListPage<CalendarSummary>>;
  getCalendar(scope: TenantScope, name: string): Promise<CalendarView | undefined>;
  jobsWithCalendar(scope: TenantScope, name: string): Promise<NamingJobsView>;
  /** Those in force, oldest first; those of the installation too. @throws BadCursor */
  listPauses(scope: Scope, page: PageRequest): Promise<ListPage<PauseView>>;
  /** Also one that has ended. */
  getPause(scope: Scope, pauseId: number): Promise<PauseView | undefined>;
  /** Those of an application that are in force. */
  pausesOfApplication(scope: TenantScope, applicationId: number): Promise<readonly number[]>;
  /** What closes the jobs of a tenant: its pauses, those of the installation, and these calendars. */
  loadClosures(
    scope: TenantScope,
    search: {
      readonly calendars: readonly string[];
      /** What ended before is left out, epoch ms. */
      readonly afterMs: number;
    },
  ): Promise<ClosureBook>;
};
