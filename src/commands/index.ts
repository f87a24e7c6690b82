import { createApplication } from './create-application.ts';
import { createJob } from './create-job.ts';
import { deleteJob } from './delete-job.ts';
import { disableJob } from './disable-job.ts';
import { enableJob } from './enable-job.ts';
import type { JobDeps } from './job-deps.ts';
import type { Commands } from './port.ts';
import { triggerJob } from './trigger-job.ts';
import { updateApplication } from './update-application.ts';
import { updateJob } from './update-job.ts';

export const createCommands = (deps: JobDeps): Commands => ({
  createApplication: createApplication(deps),
  updateApplication: updateApplication(deps),
  createJob: createJob(deps),
  updateJob: updateJob(deps),
  enableJob: enableJob(deps),
  disableJob: disableJob(deps),
  deleteJob: deleteJob(deps),
  triggerJob: triggerJob(deps),
});
