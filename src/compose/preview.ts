import type { PreviewEdge } from '../commands/jobs/preview-edge.ts';
import { createPreview, type Preview } from '../commands/jobs/preview-job.ts';
import { createSendPreview, type SendPreviewDeps } from '../commands/jobs/send-preview.ts';
import type { TaskEdge } from '../commands/jobs/task-edge.ts';
import type { Config } from '../config.ts';
import { durationMs } from '../domain/duration.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { toInstant } from '../domain/values.ts';
import type { TargetCaller } from '../engine/call/index.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Clock } from '../world.ts';
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

type RoomDeps = { readonly queries: Pick<Queries, 'limitUse'>; readonly clock: Clock };

/** Makes what says whether the executions of a limit leave room for one more call. */
export const hasRoomIn =
  ({ queries, clock }: RoomDeps): SendPreviewDeps['hasRoom'] =>
  async ({ application: { tenant, applicationId, limits = [] }, name }) => {
    const limit = limits.find((each) => each.name === name);
    if (limit === undefined) return true;
    const { parallel, rate } = limit;
    const since = toInstant(clock.now() - (rate === undefined ? 0 : durationMs(rate.per)));
    const { running, begun } = await queries.limitUse({ tenant }, { applicationId, name, since });
    return (parallel === undefined || running < parallel) && (rate === undefined || begun < rate.count);
  };
