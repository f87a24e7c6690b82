import type { Logger } from '../world.ts';
import type { ReportedApplication, ReportedJob } from './report.ts';

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** Tells the log what a sync did and, where it did nothing, why. */
export const logReport = (log: Logger, { tenant, name: application, jobs, ...of }: ReportedApplication): void => {
  if (of.action === 'create' || of.action === 'update') {
    log.info({ tenant, application }, `bootstrap: ${DONE[of.action]} the application`);
  }
  if (of.action === 'skip') {
    log.warn({ tenant, application, by: of.by }, `bootstrap: skipped the application: ${of.reason}`);
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
