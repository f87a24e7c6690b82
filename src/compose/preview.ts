import { createPreview, type Preview } from '../commands/job/preview-job.ts';
import { type CallOnce, createSendPreview } from '../commands/job/send-preview.ts';
import { defined } from '../domain/defined.ts';
import { callPartsOf } from '../engine/jobs/application-values.ts';
import { createSendTask, newTrace } from '../engine/run/send-task.ts';
import type { Shared } from './shared.ts';

/** A caller waits for the response: a test call may take no longer, ms. */
const MAX_MS = 60_000;

/** Builds what previews definitions, and calls one as a test. */
export const openPreview = (shared: Shared): Preview => {
  const { core, names } = shared;
  const record = core.commands.requestTestCall;
  return createPreview(core, { names, sendRequest: createSendPreview(core, { record, call: callOnceBy(shared) }) });
};

/** Makes what calls a definition once, as a test: in all but its headers it is like the call of an execution. */
const callOnceBy = ({ config, core, caller, names, world: { random } }: Shared): CallOnce => {
  const maxTimeoutMs = Math.min(config.targets.maxTimeoutMs, MAX_MS);
  const sendTask = createSendTask({ ...core, caller, names, maxTimeoutMs });
  return ({ definition, application, at, jobId, signal }) => {
    const { applicationId } = application;
    const callId = `test-${random.uuid()}`;
    return sendTask({
      definition,
      at,
      callId,
      ownHeaders: () => ({
        'Idempotency-Key': callId,
        ...defined({ 'Carillon-Job': jobId?.toString() }),
        'Carillon-Scheduled-At': at,
        'Carillon-Attempt': '1',
        'Carillon-Trigger': 'test',
        traceparent: newTrace(random),
      }),
      ...callPartsOf(application),
      signal,
      mayStillCall: () => true,
      about: { callId, applicationId },
    });
  };
};
