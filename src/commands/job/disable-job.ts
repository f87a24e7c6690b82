import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import { type SwitchInput, switchJob } from './change-job.ts';

/** Disables a job: it has no slots due until it is enabled again. */
export const decideDisableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobDisabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  switch (status) {
    case 'disabled':
      return [];
    case 'enabled':
      return [
        {
          type: 'JobDisabled',
          data: { ...definition, enabled: false, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
        },
      ];
  }
};

export const disableJob = switchJob(decideDisableJob);
