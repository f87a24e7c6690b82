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
import { requestTestCall } from './jobs/request-test-call.ts';
import { revertJob } from './jobs/revert-job.ts';
import { triggerJob } from './jobs/trigger-job.ts';
import { updateJob } from './jobs/update-job.ts';
import { cancelOperation } from './operations/cancel-operation.ts';
import { requestOperation } from './operations/request-operation.ts';
import { liftPause } from './pauses/lift-pause.ts';
import { setPause } from './pauses/set-pause.ts';
import type { CommandContext, Commands } from './port.ts';
import { endSession } from './sessions/end-session.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { eraseTenant } from './tenants/erase-tenant.ts';
import { createToken } from './tokens/create-token.ts';
import { revokeToken } from './tokens/revoke-token.ts';
import { tracedBy } from './traced.ts';

export const createCommands = (deps: CommandDeps): Commands => {
  const traced = tracedBy(deps.tracer);
  /** Of a tenant that was erased, they are refused. */
  const admitted = <A extends readonly unknown[], R>(
    name: string,
    command: (context: CommandContext, ...rest: A) => Promise<R>,
  ) =>
    traced(name, async (context: CommandContext, ...rest: A) => {
      await deps.admitTenant(context.tenant);
      return command(context, ...rest);
    });
  return {
    createApplication: admitted('createApplication', createApplication(deps)),
    updateApplication: admitted('updateApplication', updateApplication(deps)),
    deleteApplication: admitted('deleteApplication', deleteApplication(deps)),
    createJob: admitted('createJob', createJob(deps)),
    updateJob: admitted('updateJob', updateJob(deps)),
    revertJob: admitted('revertJob', revertJob(deps)),
    enableJob: admitted('enableJob', enableJob(deps)),
    disableJob: admitted('disableJob', disableJob(deps)),
    deleteJob: admitted('deleteJob', deleteJob(deps)),
    triggerJob: admitted('triggerJob', triggerJob(deps)),
    requestTestCall: admitted('requestTestCall', requestTestCall(deps)),
    cancelExecution: admitted('cancelExecution', cancelExecution(deps)),
    completeExecution: traced('completeExecution', completeExecution(deps)),
    heartbeatExecution: traced('heartbeatExecution', heartbeatExecution(deps)),
    rerunExecution: admitted('rerunExecution', rerunExecution(deps)),
    requestBackfill: admitted('requestBackfill', requestBackfill(deps)),
    cancelBackfill: admitted('cancelBackfill', cancelBackfill(deps)),
    setVariable: admitted('setVariable', setVariable(deps)),
    deleteVariable: admitted('deleteVariable', deleteVariable(deps)),
    setSecret: admitted('setSecret', setSecret(deps)),
    deleteSecret: admitted('deleteSecret', deleteSecret(deps)),
    rotateSecrets: rotateSecrets(deps),
    eraseSecrets: admitted('eraseSecrets', eraseSecrets(deps)),
    setLimit: admitted('setLimit', setLimit(deps)),
    deleteLimit: admitted('deleteLimit', deleteLimit(deps)),
    setTls: admitted('setTls', setTls(deps)),
    deleteTls: admitted('deleteTls', deleteTls(deps)),
    setCalendar: admitted('setCalendar', setCalendar(deps)),
    deleteCalendar: admitted('deleteCalendar', deleteCalendar(deps)),
    setPause: admitted('setPause', setPause(deps)),
    liftPause: admitted('liftPause', liftPause(deps)),
    requestOperation: admitted('requestOperation', requestOperation(deps)),
    cancelOperation: admitted('cancelOperation', cancelOperation(deps)),
    createToken: admitted('createToken', createToken(deps)),
    revokeToken: admitted('revokeToken', revokeToken(deps)),
    endSession: traced('endSession', endSession(deps)),
    endSessions: admitted('endSessions', endSessions(deps)),
    eraseTenant: traced('eraseTenant', eraseTenant(deps)),
    setAlertRule: admitted('setAlertRule', setAlertRule(deps)),
    deleteAlertRule: admitted('deleteAlertRule', deleteAlertRule(deps)),
    startEngine: traced('startEngine', startEngine(deps)),
    releaseEngines: traced('releaseEngines', releaseEngines(deps)),
  };
};
