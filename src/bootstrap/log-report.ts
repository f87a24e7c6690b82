import type { Logger } from '../world.ts';
import type { ReportedApplication, ReportedJob } from './report.ts';

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** Logs what a sync did, and why it skipped something. */
export const logReport = (log: Logger, { tenant, name: application, jobs, ...outcome }: ReportedApplication): void => {
  if (outcome.action === 'create' || outcome.action === 'update') {
    log.info({ tenant, application }, `bootstrap: ${DONE[outcome.action]} the application`);
  }
  if (outcome.action === 'skip') {
    log.warn({ tenant, application, by: outcome.by }, `bootstrap: skipped the application: ${outcome.reason}`);
  }
  for (const job of jobs) logJob(log, { tenant, application, job: job.name, jobId: job.id }, job);
};

const logJob = (log: Logger, about: Readonly<Record<string, unknown>>, { action, reason, by }: ReportedJob): void => {
  switch (action) {
    case 'create':
    case 'update':
    case 'delete':
      log.info(about, `bootstrap: ${DONE[action]} a job`);
      return;
    case 'skip':
      if (reason === 'manually modified') log.warn({ ...about, by }, 'bootstrap: skipped a job: manually modified');
      else log.debug({ ...about, by }, `bootstrap: skipped a job: ${reason}`);
      return;
    case 'leave':
      log.debug({ ...about, by }, 'bootstrap: left a job that is not in the files');
      return;
    case 'keep':
      return;
  }
};
