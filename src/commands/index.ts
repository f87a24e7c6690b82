import { createApplication } from './create-application.ts';
import { createJob } from './create-job.ts';
import { deleteJob } from './delete-job.ts';
import { deleteSecret } from './delete-secret.ts';
import { deleteVariable } from './delete-variable.ts';
import { disableJob } from './disable-job.ts';
import { enableJob } from './enable-job.ts';
import { eraseSecrets } from './erase-secrets.ts';
import type { JobDeps } from './job-deps.ts';
import type { Commands } from './port.ts';
import { rotateSecrets } from './rotate-secrets.ts';
import { setSecret } from './set-secret.ts';
import { setVariable } from './set-variable.ts';
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
  setVariable: setVariable(deps),
  deleteVariable: deleteVariable(deps),
  setSecret: setSecret(deps),
  deleteSecret: deleteSecret(deps),
  rotateSecrets: rotateSecrets(deps),
  eraseSecrets: eraseSecrets(deps),
});
