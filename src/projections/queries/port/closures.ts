import type { Pause } from '../../../domain/events/index.ts';

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
