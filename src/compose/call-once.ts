import type { CallOnce } from '../commands/jobs/send-preview.ts';
import { createValueTable } from '../engine/jobs/application-values.ts';
import { newTrace } from '../engine/run/run-task.ts';
import type { SendTask } from '../engine/run/send-task.ts';
import type { World } from '../world.ts';

type CallOnceDeps = { readonly sendTask: SendTask; readonly random: World['random'] };

/** Makes what calls a definition once, as a test: in all but its headers it is like the call of an execution. */
export const createCallOnce =
  ({ sendTask, random }: CallOnceDeps): CallOnce =>
  ({ definition, application, at, jobId, signal }) => {
    const { applicationId } = application;
    const table = createValueTable();
    table.load({ ...application, revision: 0 });
    const callId = `test-${random.uuid()}`;
    return sendTask({
      definition,
      at,
      callId,
      ownHeaders: () => ({
        'Idempotency-Key': callId,
        ...(jobId === undefined ? {} : { 'Carillon-Job': String(jobId) }),
        'Carillon-Scheduled-At': at,
        'Carillon-Attempt': '1',
        'Carillon-Trigger': 'test',
        traceparent: newTrace(random),
      }),
      values: async () => table.valuesOf(applicationId),
      signingKeys: table.signingKeysOf(applicationId),
      tls: table.tlsOf(applicationId),
      signal,
      mayStillCall: () => true,
      about: { callId, applicationId },
    });
  };
