import { hasRoomIn } from '../commands/jobs/limit-room.ts';
import type { PreviewEdge } from '../commands/jobs/preview-edge.ts';
import { createPreview, type Preview } from '../commands/jobs/preview-job.ts';
import { createSendPreview, type SendPreviewDeps } from '../commands/jobs/send-preview.ts';
import type { TaskEdge } from '../commands/jobs/task-edge.ts';
import type { Config } from '../config.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetCaller } from '../engine/call/index.ts';
import type { Queries } from '../projections/queries/index.ts';
import { createCallOnce } from './call-once.ts';
import type { Core } from './core.ts';

type OpenPreviewDeps = Pick<SendPreviewDeps, 'store' | 'world' | 'jobClosures'> & {
  readonly config: Pick<Config, 'targets'>;
  readonly core: Core<TaskEdge & PreviewEdge>;
  readonly queries: Pick<Queries, 'limitUse'>;
  readonly names: SensitiveNames;
  readonly caller: TargetCaller;
};

/** Somebody waits for the answer: a test call may take no longer, ms. */
const LONGEST_MS = 60_000;

/** Builds what previews definitions, and calls one as a test. */
export const openPreview = ({ config, core, queries, names, caller, ...shared }: OpenPreviewDeps): Preview => {
  const { tasks, commands } = core;
  const maxTimeoutMs = Math.min(config.targets.maxTimeoutMs, LONGEST_MS);
  const sendTask = core.sendTaskOf({ caller, names, maxTimeoutMs });
  const send = createSendPreview({
    ...{ ...shared, tasks },
    requestTestCall: commands.requestTestCall,
    callOnce: createCallOnce({ sendTask, random: shared.world.random }),
    hasRoom: hasRoomIn({ queries, clock: shared.world.clock }),
  });
  return createPreview({ ...shared, tasks, names, send });
};
