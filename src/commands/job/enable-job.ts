import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import { type SwitchInput, switchJob } from './change-job.ts';

/** Enables a job. It fires again from its next slot on; slots missed while it was disabled are not replayed. */
export const decideEnableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobEnabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  switch (status) {
    case 'enabled':
      return [];
    case 'disabled':
      return [
        {
          type: 'JobEnabled',
          data: { ...definition, enabled: true, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
        },
      ];
  }
};

export const enableJob = switchJob(decideEnableJob);
