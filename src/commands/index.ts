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
import { tracedBy } from './traced.ts';

export const createCommands = (deps: CommandDeps): Commands => {
  const traced = tracedBy(deps.tracer);
  return {
    createApplication: traced('createApplication', createApplication(deps)),
    updateApplication: traced('updateApplication', updateApplication(deps)),
    deleteApplication: traced('deleteApplication', deleteApplication(deps)),
    createJob: traced('createJob', createJob(deps)),
    updateJob: traced('updateJob', updateJob(deps)),
    revertJob: traced('revertJob', revertJob(deps)),
    enableJob: traced('enableJob', enableJob(deps)),
    disableJob: traced('disableJob', disableJob(deps)),
    deleteJob: traced('deleteJob', deleteJob(deps)),
    triggerJob: traced('triggerJob', triggerJob(deps)),
    cancelExecution: traced('cancelExecution', cancelExecution(deps)),
    completeExecution: traced('completeExecution', completeExecution(deps)),
    heartbeatExecution: traced('heartbeatExecution', heartbeatExecution(deps)),
    rerunExecution: traced('rerunExecution', rerunExecution(deps)),
    requestBackfill: traced('requestBackfill', requestBackfill(deps)),
    cancelBackfill: traced('cancelBackfill', cancelBackfill(deps)),
    setVariable: traced('setVariable', setVariable(deps)),
    deleteVariable: traced('deleteVariable', deleteVariable(deps)),
    setSecret: traced('setSecret', setSecret(deps)),
    deleteSecret: traced('deleteSecret', deleteSecret(deps)),
    rotateSecrets: rotateSecrets(deps),
    eraseSecrets: traced('eraseSecrets', eraseSecrets(deps)),
    setLimit: traced('setLimit', setLimit(deps)),
    deleteLimit: traced('deleteLimit', deleteLimit(deps)),
    setTls: traced('setTls', setTls(deps)),
    deleteTls: traced('deleteTls', deleteTls(deps)),
    setCalendar: traced('setCalendar', setCalendar(deps)),
    deleteCalendar: traced('deleteCalendar', deleteCalendar(deps)),
    setPause: traced('setPause', setPause(deps)),
    liftPause: traced('liftPause', liftPause(deps)),
    requestOperation: traced('requestOperation', requestOperation(deps)),
    cancelOperation: traced('cancelOperation', cancelOperation(deps)),
    createToken: traced('createToken', createToken(deps)),
    revokeToken: traced('revokeToken', revokeToken(deps)),
    setAlertRule: traced('setAlertRule', setAlertRule(deps)),
    deleteAlertRule: traced('deleteAlertRule', deleteAlertRule(deps)),
    startEngine: traced('startEngine', startEngine(deps)),
    releaseEngines: traced('releaseEngines', releaseEngines(deps)),
  };
};
