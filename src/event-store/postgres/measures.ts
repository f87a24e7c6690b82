import type { Metrics } from '../../telemetry/metrics.ts';
import { reconnectCounter } from '../availability.ts';

/** What a connection to the log is for. */
export type LogConnection = 'appends' | 'notifications' | 'subscription';

/** Upper bounds; a transaction takes 1,500 appends at the most. */
export const BATCH_APPENDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 1_500] as const;

/** What the adapter counts of itself, where it is given metrics. */
export const createPostgresMeasures = (metrics: Pick<Metrics, 'counter' | 'histogram'> | undefined) => {
  const observeBatch = metrics?.histogram('carillon_append_batch_appends', BATCH_APPENDS);
  const countReconnect = reconnectCounter(metrics, ['appends', 'notifications', 'subscription']);
  return {
    /** Notes that so many appends shared a transaction that was committed. */
    batch: (appends: number): void => observeBatch?.({}, appends),
    reconnected: (connection: LogConnection): void => countReconnect(connection),
  };
};
