import type { Plan, PlannedCommand } from '../plan.ts';
import type { Run } from '../simulate.ts';
import { attemptOf } from './attempt-of.ts';
import { type JobHistory, jobHistories } from './job-history.ts';
import { dueTimes } from './shifts.ts';

/** An engine calls by what it knew of the log this long ago, at the most. */
const LOOKED_AT_MS = 1_000;

/** A change binds every slot due after its answer: none that it lacks is called any more, nor by an older target. */
export const checkDefinitions = ({ plan, events, calls, acknowledged }: Run): string[] => {
  const wrong: string[] = [];
  const travelMs = 4 * plan.weather.latencyMs;
  const apartMs = plan.weather.latencyMs + mostApartMs(plan);
  const jobs = new Map<number, JobHistory>(jobHistories(events).map((job) => [job.jobId, job]));
  const dueAtOf = dueTimes(events);
  const claims = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'ExecutionStarted') {
      claims.set(attemptOf(event.data), event.data.jobRevision);
    }
  }
  for (const call of calls) {
    const versions = jobs.get(call.jobId)?.versions;
    const claimed = claims.get(attemptOf(call));
    if (versions === undefined || claimed === undefined) continue;
    const slotMs = Date.parse(call.scheduledAt);
    const dueMs = dueAtOf(call);
    const binding = acknowledged
      .filter(({ jobId, commonMs, command }) => {
        return jobId === call.jobId && commonMs + apartMs < dueMs && isChange(command);
      })
      .reduce((newest, { revision }) => Math.max(newest, revision), -1);
    // A slot that was called before may be called again although an edit has taken it away.
    const isFirst = call.trigger === 'schedule' && call.attempt === 1;
    const say = (what: string) => wrong.push(`the call of execution ${call.executionId} of job ${call.jobId} ${what}`);
    const bound = versions.get(binding);
    if (isFirst && claimed < binding && bound?.slots?.next(slotMs - 1) !== slotMs) {
      say(`was made by revision ${claimed}, though ${binding} was acknowledged, which lacks ${call.scheduledAt}`);
    }
    const responded = acknowledged
      .filter(({ jobId, atMs, command }) => {
        return jobId === call.jobId && atMs + LOOKED_AT_MS + travelMs < call.atMs && isChange(command);
      })
      .reduce((newest, { revision }) => Math.max(newest, revision), -1);
    const called = [...versions.values()].filter(
      ({ definition: { taskConfig } }) => 'url' in taskConfig && taskConfig.url === call.url,
    );
    const newestCalled = Math.max(-1, ...called.map(({ revision }) => revision));
    const allows = [...versions.values()].some(({ revision, slots }) => {
      return revision >= responded && slots?.next(slotMs - 1) === slotMs;
    });
    if (newestCalled < responded) say(`went to ${call.url}, though revision ${responded} was answered long before`);
    if (isFirst && responded >= 0 && !allows) {
      say(`was made though ${responded}, answered long before, and what came after it lack ${call.scheduledAt}`);
    }
    if (newestCalled < claimed) say(`went to ${call.url}, a target of before revision ${claimed}`);
  }
  return wrong;
};

/** Whether a command changes the definition. */
const isChange = ({ ask: request }: PlannedCommand): boolean =>
  !['trigger', 'force', 'cancel', 'rerun', 'backfill', 'cancelBackfill', 'bulk'].includes(request.kind);

/** How far the clock that an answer waited by may be from the one that the slot was due by. */
const mostApartMs = ({ faults }: Plan): number =>
  faults.reduce((sumMs, fault) => sumMs + (fault.kind === 'clock' ? Math.abs(fault.byMs) : 0), 0);
