import { createPreview, type Preview } from '../commands/job/preview-job.ts';
import { type CallOnce, createSendPreview } from '../commands/job/send-preview.ts';
import { defined } from '../domain/defined.ts';
import { type AttemptOutcome, responseToText } from '../domain/delivery.ts';
import type { HttpOutcome } from '../domain/execution/outcome.ts';
import { HTTP_TASK } from '../domain/tasks/http/stored.ts';
import { callPartsOf } from '../engine/jobs/application-values.ts';
import { createTaskSender, newTrace } from '../engine/run/send-task.ts';
import { executionResource } from '../http/resources/executions.ts';
import type { HookWork } from '../operations/call-hooks.ts';
import type { Shared } from './shared.ts';

const TIMEOUT = '10s';

/** A hook is called like its job's target: same allowed addresses, keys and proxy. */
export const createHookCall = ({
  config,
  core,
  caller,
  names: sensitive,
  world: { random },
}: Shared): HookWork['call'] => {
  const { maxTimeoutMs } = config.targets;
  const { send: sendTask } = createTaskSender({ ...core, caller, names: sensitive, maxTimeoutMs });
  return async ({ name, hook, definition, application, execution }, signal) => {
    const { id, jobId, applicationId, scheduledAt } = execution;
    const names = { jobName: definition.name, applicationId, applicationName: application.name };
    const callId = `hook-${id}`;
    const outcome = await sendTask({
      definition: { ...definition, taskType: HTTP_TASK, taskConfig: { ...hook, method: 'POST', timeout: TIMEOUT } },
      body: JSON.parse(JSON.stringify(executionResource(execution, names))),
      at: scheduledAt,
      callId,
      ownHeaders: {
        'Idempotency-Key': callId,
        'Carillon-Job': String(jobId),
        'Carillon-Execution': String(id),
        'Carillon-Hook': name,
        traceparent: newTrace(random),
      },
      ...callPartsOf(application),
      signal,
      mayStillCall: () => true,
      about: { hook: name, jobId, executionId: id },
    });
    return signal.aborted ? undefined : attemptOf(outcome);
  };
};

const attemptOf = (outcome: HttpOutcome | 'withheld'): AttemptOutcome | undefined => {
  if (outcome === 'withheld' || outcome.kind === 'accepted' || outcome.kind === 'cancelled') return undefined;
  if (outcome.kind === 'succeeded') return { kind: 'delivered', response: responseToText(outcome.result) };
  const { error, result } = outcome;
  return { kind: 'failed', ...error, ...(result === undefined ? {} : { response: responseToText(result) }) };
};

/** A caller waits for the response: maximum of a test call, ms. */
const MAX_MS = 60_000;

/** Creates the preview of definitions, which can call one as a test. */
export const openPreview = (shared: Shared): Preview => {
  const { core, names } = shared;
  const record = core.commands.requestTestCall;
  return createPreview(core, { names, sendRequest: createSendPreview(core, { record, call: callOnceBy(shared) }) });
};

/** Creates the function that calls a definition once as a test: like an execution's call in all but its headers. */
const callOnceBy = ({ config, core, caller, names, world: { random } }: Shared): CallOnce => {
  const maxTimeoutMs = Math.min(config.targets.maxTimeoutMs, MAX_MS);
  const { send: sendTask } = createTaskSender({ ...core, caller, names, maxTimeoutMs });
  return ({ definition, application, at, jobId, signal }) => {
    const { applicationId } = application;
    const callId = `test-${random.uuid()}`;
    return sendTask({
      definition,
      at,
      callId,
      ownHeaders: {
        'Idempotency-Key': callId,
        ...defined({ 'Carillon-Job': jobId?.toString() }),
        'Carillon-Scheduled-At': at,
        'Carillon-Attempt': '1',
        'Carillon-Trigger': 'test',
        traceparent: newTrace(random),
      },
      ...callPartsOf(application),
      signal,
      mayStillCall: () => true,
      about: { callId, applicationId },
    });
  };
};
