import { createPreview, type Preview } from '../commands/job/preview-job.ts';
import { type CallOnce, createSendPreview, type SendPreviewDeps } from '../commands/job/send-preview.ts';
import type { PreviewPorts, TaskPorts } from '../commands/job/task-ports.ts';
import { hasRoomIn } from '../commands/named-values/limits.ts';
import type { Config } from '../config.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetCaller } from '../engine/call/index.ts';
import { callPartsOf } from '../engine/jobs/application-values.ts';
import { newTrace, type SendTask } from '../engine/run/send-task.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Core } from './core.ts';

type OpenPreviewDeps = Pick<SendPreviewDeps, 'store' | 'world' | 'jobClosures'> & {
  readonly config: Pick<Config, 'targets'>;
  readonly core: Core<TaskPorts & PreviewPorts>;
  readonly queries: Pick<Queries, 'limitUse'>;
  readonly names: SensitiveNames;
  readonly caller: TargetCaller;
};

/** Somebody waits for the answer: a test call may take no longer, ms. */
const MAX_MS = 60_000;

/** Builds what previews definitions, and calls one as a test. */
export const openPreview = ({ config, core, queries, names, caller, ...shared }: OpenPreviewDeps): Preview => {
  const { tasks, commands } = core;
  const maxTimeoutMs = Math.min(config.targets.maxTimeoutMs, MAX_MS);
  const sendTask = core.sendTaskOf({ caller, names, maxTimeoutMs });
  const send = createSendPreview({
    ...shared,
    tasks,
    requestTestCall: commands.requestTestCall,
    callOnce: createCallOnce({ sendTask, random: shared.world.random }),
    hasRoom: hasRoomIn({ queries, clock: shared.world.clock }),
  });
  return createPreview({ ...shared, tasks, names, send });
};

type CallOnceDeps = { readonly sendTask: SendTask; readonly random: Runtime['random'] };

/** Makes what calls a definition once, as a test: in all but its headers it is like the call of an execution. */
const createCallOnce =
  ({ sendTask, random }: CallOnceDeps): CallOnce =>
  ({ definition, application, at, jobId, signal }) => {
    const { applicationId } = application;
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
      ...callPartsOf(application),
      signal,
      mayStillCall: () => true,
      about: { callId, applicationId },
    });
  };
