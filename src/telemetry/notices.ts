import type { Runtime } from '../runtime/runtime.ts';
import type { Metrics } from './metrics.ts';

/** A request or a call that was rejected because of its caller or its target. */
export type RejectionNotice = {
  readonly code: string;
  /** Absent when the caller was not authenticated. */
  readonly actor?: string | undefined;
  readonly tenant?: string | undefined;
  /** The requested API operation. */
  readonly action?: string | undefined;
  /** The path of the request. */
  readonly path?: string | undefined;
  /** The address that the request came from. */
  readonly from?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly [detail: string]: unknown;
};

/** An administrator's action that the event log does not record. */
export type ActionNotice = {
  readonly action: 'rotate secrets' | 'erase secrets' | 'rebuild' | 'verify' | 'release engines';
  readonly actor: string;
  readonly tenant: string;
  readonly [detail: string]: unknown;
};

/** Security-relevant notices for operators. Each writes a log line and increments a counter. */
export type Notices = {
  rejected(notice: RejectionNotice): void;
  did(notice: ActionNotice): void;
};

export const createNotices = ({ log }: Runtime, metrics: Metrics): Notices => {
  const countRejection = metrics.counter('carillon_rejected_requests_total');
  const countAction = metrics.counter('carillon_actions_total');
  return {
    rejected: (notice) => {
      countRejection({ code: notice.code });
      log.info(notice, 'rejected');
    },
    did: (notice) => {
      countAction({ action: notice.action });
      log.info(notice, 'administrator action');
    },
  };
};
