import { actorName } from '../domain/events/index.ts';
import { livingJob } from '../domain/job/job.ts';
import { requestExecution } from '../domain/runs/request.ts';
import { runsStream } from '../domain/streams.ts';
import { bindDefinition } from './bind-definition.ts';
import { handleCommand } from './handle-command.ts';
import type { JobDeps } from './job-deps.ts';
import { isRunEvent, loadJob, loadRuns } from './load.ts';
import type { Commands } from './port.ts';

export const triggerJob =
  (deps: JobDeps): Commands['triggerJob'] =>
  async (context, jobId) => {
    const loaded = await loadJob(deps.store, jobId);
    const { definition: job } = livingJob(loaded.state, jobId, context.tenant);
    const { tenant, applicationId, labels } = job;
    const executionId = await deps.executionIds.take();
    // A job whose creator died before its definition was taken has no stream of runs yet.
    await bindDefinition(deps, jobId, context);
    const { events, revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: () => loadRuns(deps.store, jobId),
      is: isRunEvent,
      decide: (runs) =>
        requestExecution(runs, {
          job: { tenant, applicationId, jobId },
          executionId,
          trigger: 'manual',
          createdBy: actorName(context.actor),
          labels,
          nowMs: deps.world.clock.now(),
        }),
    });
    const [requested, refused] = events;
    const execution = requested?.data.tail.open.at(-1);
    if (execution === undefined) throw new Error(`no execution of job ${jobId} was requested`);
    const error = refused?.type === 'ExecutionCancelled' ? refused.data.error : undefined;
    return { value: { execution, job, ...(error === undefined ? {} : { error }) }, revision, position };
  };
