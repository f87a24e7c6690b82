import type { World } from '../world.ts';
import type { Metrics } from './metrics.ts';

/** What was refused for who asked, or for where a job would call. */
export type RefusalNotice = {
  readonly code: string;
  /** Absent where nobody was recognised. */
  readonly actor?: string | undefined;
  readonly tenant?: string | undefined;
  readonly [detail: string]: unknown;
};

/** What an administrator did that is no event of the log. */
export type ActionNotice = {
  readonly action: 'rotate secrets' | 'erase secrets' | 'rebuild';
  readonly actor: string;
  readonly tenant: string;
  readonly [detail: string]: unknown;
};

/** What whoever guards an installation wants to see: a line of the log and a counter for each. */
export type Notices = {
  refused(notice: RefusalNotice): void;
  did(notice: ActionNotice): void;
};

export const createNotices = ({ log }: Pick<World, 'log'>, metrics: Pick<Metrics, 'counter'>): Notices => {
  const countRefusal = metrics.counter({
    name: 'carillon_refusals_total',
    help: 'Requests and calls refused for who asked or where they would go, by code',
    labels: ['code'],
  });
  const countAction = metrics.counter({
    name: 'carillon_actions_total',
    help: 'Rotations, erasures and rebuilds that administrators asked for',
    labels: ['action'],
  });
  return {
    refused: (notice) => {
      countRefusal({ code: notice.code });
      log.info(notice, 'refused');
    },
    did: (notice) => {
      countAction({ action: notice.action });
      log.info(notice, 'an administrator acted');
    },
  };
};
