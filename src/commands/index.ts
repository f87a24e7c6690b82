import { deleteAlertRule } from './alerts/delete-alert-rule.ts';
import { setAlertRule } from './alerts/set-alert-rule.ts';
import { createApplication } from './applications/create-application.ts';
import { deleteApplication } from './applications/delete-application.ts';
import { deleteLimit } from './applications/delete-limit.ts';
import { deleteSecret } from './applications/delete-secret.ts';
import { deleteTls } from './applications/delete-tls.ts';
import { deleteVariable } from './applications/delete-variable.ts';
import { eraseSecrets } from './applications/erase-secrets.ts';
import { rotateSecrets } from './applications/rotate-secrets.ts';
import { setLimit } from './applications/set-limit.ts';
import { setSecret } from './applications/set-secret.ts';
import { setTls } from './applications/set-tls.ts';
import { setVariable } from './applications/set-variable.ts';
import { updateApplication } from './applications/update-application.ts';
import { cancelBackfill } from './backfills/cancel-backfill.ts';
import { requestBackfill } from './backfills/request-backfill.ts';
import { deleteCalendar } from './calendars/delete-calendar.ts';
import { setCalendar } from './calendars/set-calendar.ts';
import type { CommandDeps } from './command-deps.ts';
import { releaseEngines } from './engines/release-engines.ts';
import { startEngine } from './engines/start-engine.ts';
import { cancelExecution } from './executions/cancel-execution.ts';
import { completeExecution } from './executions/complete-execution.ts';
import { heartbeatExecution } from './executions/heartbeat-execution.ts';
import { rerunExecution } from './executions/rerun-execution.ts';
import { createJob } from './jobs/create-job.ts';
import { deleteJob } from './jobs/delete-job.ts';
import { disableJob } from './jobs/disable-job.ts';
import { enableJob } from './jobs/enable-job.ts';
import { revertJob } from './jobs/revert-job.ts';
import { triggerJob } from './jobs/trigger-job.ts';
import { updateJob } from './jobs/update-job.ts';
import { cancelOperation } from './operations/cancel-operation.ts';
import { requestOperation } from './operations/request-operation.ts';
import { liftPause } from './pauses/lift-pause.ts';
import { setPause } from './pauses/set-pause.ts';
import type { Commands } from './port.ts';
import { createToken } from './tokens/create-token.ts';
import { revokeToken } from './tokens/revoke-token.ts';

export const createCommands = (deps: CommandDeps): Commands => ({
  createApplication: createApplication(deps),
  updateApplication: updateApplication(deps),
  deleteApplication: deleteApplication(deps),
  createJob: createJob(deps),
  updateJob: updateJob(deps),
  revertJob: revertJob(deps),
  enableJob: enableJob(deps),
  disableJob: disableJob(deps),
  deleteJob: deleteJob(deps),
  triggerJob: triggerJob(deps),
  cancelExecution: cancelExecution(deps),
  completeExecution: completeExecution(deps),
  heartbeatExecution: heartbeatExecution(deps),
  rerunExecution: rerunExecution(deps),
  requestBackfill: requestBackfill(deps),
  cancelBackfill: cancelBackfill(deps),
  setVariable: setVariable(deps),
  deleteVariable: deleteVariable(deps),
  setSecret: setSecret(deps),
  deleteSecret: deleteSecret(deps),
  rotateSecrets: rotateSecrets(deps),
  eraseSecrets: eraseSecrets(deps),
  setLimit: setLimit(deps),
  deleteLimit: deleteLimit(deps),
  setTls: setTls(deps),
  deleteTls: deleteTls(deps),
  setCalendar: setCalendar(deps),
  deleteCalendar: deleteCalendar(deps),
  setPause: setPause(deps),
  liftPause: liftPause(deps),
  requestOperation: requestOperation(deps),
  cancelOperation: cancelOperation(deps),
  createToken: createToken(deps),
  revokeToken: revokeToken(deps),
  setAlertRule: setAlertRule(deps),
  deleteAlertRule: deleteAlertRule(deps),
  startEngine: startEngine(deps),
  releaseEngines: releaseEngines(deps),
});
