import type { LockLeases } from '../db/leases.ts';
import { type AttemptOutcome, responseToText } from '../domain/delivery.ts';
import type { Outcome } from '../domain/execution/outcome.ts';
import { HTTP_TASK } from '../domain/tasks/http/stored.ts';
import { callPartsOf } from '../engine/jobs/application-values.ts';
import { newTrace, type SendTask } from '../engine/run/send-task.ts';
import { executionResource } from '../http/resources/executions.ts';
import type { HookPorts } from '../operations/call-hooks.ts';
import type { WorkRunner } from '../runtime/leased-work.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Shared } from './shared.ts';

type HooksDeps = Pick<HookPorts, 'caughtUp' | 'mayCall'> & {
  readonly shared: Shared;
  readonly leases: LockLeases;
};

/** Builds what calls the hooks of executions that have ended. */
export const hookCallerOf = ({ shared, ...ports }: HooksDeps): WorkRunner => {
  const { core, queries, caller, names, config, metrics, world } = shared;
  const sendTask = core.sendTaskOf({ caller, names, maxTimeoutMs: config.targets.maxTimeoutMs });
  const counted = metrics.counter('carillon_hook_calls_total');
  return core.hookCallerOf({
    ...ports,
    queries,
    call: createHookCall({ sendTask, random: world.random }),
    attempted: (hook, status) => counted({ hook, outcome: status === 'pending' ? 'failed' : status }),
  });
};

const ANSWER = '10s';

type CallDeps = { readonly sendTask: SendTask; readonly random: Runtime['random'] };

/** A hook is called like the target of its job: the same addresses are allowed, by the same keys, through the same proxy. */
const createHookCall =
  ({ sendTask, random }: CallDeps): HookPorts['call'] =>
  async ({ name, hook, definition, application, execution }, signal) => {
    const { id, jobId, applicationId, scheduledAt } = execution;
    const names = { jobName: definition.name, applicationId, applicationName: application.name };
    const callId = `hook-${id}`;
    const outcome = await sendTask({
      definition: { ...definition, taskType: HTTP_TASK, taskConfig: { ...hook, method: 'POST', timeout: ANSWER } },
      body: JSON.parse(JSON.stringify(executionResource(execution, names))),
      at: scheduledAt,
      callId,
      ownHeaders: () => ({
        'Idempotency-Key': callId,
        'Carillon-Job': String(jobId),
        'Carillon-Execution': String(id),
        'Carillon-Hook': name,
        traceparent: newTrace(random),
      }),
      ...callPartsOf(application),
      signal,
      mayStillCall: () => true,
      about: { hook: name, jobId, executionId: id },
    });
    return signal.aborted ? undefined : attemptOf(outcome);
  };

const attemptOf = (outcome: Outcome | 'withheld'): AttemptOutcome | undefined => {
  if (outcome === 'withheld' || outcome.kind === 'accepted' || outcome.kind === 'cancelled') return undefined;
  if (outcome.kind === 'succeeded') return { kind: 'delivered', response: responseToText(outcome.result) };
  const { error, result } = outcome;
  return { kind: 'failed', ...error, ...(result === undefined ? {} : { response: responseToText(result) }) };
};
