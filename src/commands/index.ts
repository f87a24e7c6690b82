import { inSpan } from '../telemetry/tracer.ts';
import { deleteAlertRule, setAlertRule } from './alert-rule/alert-rules.ts';
import { deleteApplication } from './application/delete-application.ts';
import { createApplication, updateApplication } from './application/set-application.ts';
import { cancelBackfill, requestBackfill } from './backfill.ts';
import { acknowledgeJob, deleteCalendar, endAcknowledgement, liftPause, setCalendar, setPause } from './closures.ts';
import type { CommandContext } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { completeExecution, heartbeatExecution, type TokenHolder } from './execution/callback.ts';
import { cancelExecution } from './execution/cancel-execution.ts';
import { rerunExecution, triggerJob } from './execution/request-execution.ts';
import {
  endSession,
  endSessions,
  releaseEngines,
  resetAllowedTargets,
  setAllowedTargets,
  startEngine,
} from './installation.ts';
import { deleteJob, disableJob, enableJob, labelJob } from './job/change-job.ts';
import { createJob, putJob } from './job/create-job.ts';
import { requestTestCall } from './job/send-preview.ts';
import { revertJob, updateJob } from './job/update-job.ts';
import { deleteLimit, deleteVariable, setLimit, setVariable } from './named-values/named-value.ts';
import { deleteSecret, eraseSecrets, rotateSecrets, setSecret } from './named-values/secrets.ts';
import { deleteTls, setTls } from './named-values/tls.ts';
import { cancelOperation, requestOperation } from './operation/operations.ts';
import { deleteView, saveView } from './saved-view.ts';
import { eraseTenant } from './tenant.ts';
import { createToken, revokeToken } from './token.ts';

/** Commands that are rejected for an erased tenant. To add a command, add a line here. */
const ofTenants = {
  deleteAlertRule,
  setAlertRule,
  createApplication,
  deleteApplication,
  updateApplication,
  cancelBackfill,
  requestBackfill,
  deleteCalendar,
  setCalendar,
  cancelExecution,
  rerunExecution,
  triggerJob,
  createJob,
  deleteJob,
  disableJob,
  enableJob,
  labelJob,
  putJob,
  revertJob,
  requestTestCall,
  updateJob,
  deleteLimit,
  setLimit,
  deleteSecret,
  eraseSecrets,
  setSecret,
  deleteTls,
  setTls,
  deleteVariable,
  setVariable,
  cancelOperation,
  requestOperation,
  liftPause,
  setPause,
  endSessions,
  createToken,
  revokeToken,
  acknowledgeJob,
  endAcknowledgement,
  saveView,
  deleteView,
};

/** Commands that also work for an erased tenant: they end what is left of it, or concern the installation. */
const ofAnyone = {
  releaseEngines,
  startEngine,
  completeExecution,
  heartbeatExecution,
  endSession,
  eraseTenant,
  setAllowedTargets,
  resetAllowedTargets,
};

/** The first argument carries the trace context of the request. */
type Command<C extends { readonly traceparent?: string }> = (context: C, ...rest: never[]) => Promise<unknown>;
type Made<L extends Record<keyof L, (deps: CommandDeps) => unknown>> = { readonly [N in keyof L]: ReturnType<L[N]> };

/** All commands. Each parses its `unknown` input with its own schema and rejects with a typed error. */
export type Commands = Made<typeof ofTenants> & Made<typeof ofAnyone> & Made<{ rotateSecrets: typeof rotateSecrets }>;

/** Each command runs in its own span, and its events carry the span's trace context. */
export const createCommands = (deps: CommandDeps): Commands => {
  const traced =
    <C extends CommandContext>(name: string, command: Command<C>): Command<C> =>
    (context, ...rest) =>
      inSpan(deps.tracer, { name, parent: context.traceparent }, (traceparent) =>
        command(traceparent === undefined ? context : { ...context, traceparent }, ...rest),
      );
  const admitted =
    (command: Command<CommandContext>): Command<CommandContext> =>
    async (context, ...rest) => {
      await deps.admitTenant(context.tenant);
      return command(context, ...rest);
    };
  return {
    ...madeOf(ofTenants, (name, make) => traced(name, admitted(make(deps)))),
    ...madeOf(ofAnyone, (name, make) => traced<CommandContext & TokenHolder>(name, make(deps))),
    rotateSecrets: rotateSecrets(deps),
  };
};

const madeOf = <M extends (deps: CommandDeps) => unknown, L extends Record<string, M>>(
  list: L & Record<string, M>,
  make: (name: string, maker: M) => unknown,
): Made<L> =>
  Object.fromEntries(Object.entries(list).map(([name, maker]): readonly unknown[] => [name, make(name, maker)]));
