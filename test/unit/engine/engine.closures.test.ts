import { expect } from 'chai';
import { isRunEvent, type JobDefinition, type RunEvent } from '../../../src/domain/events/index.ts';
import { rulesText } from '../../../src/domain/job/rules.ts';
import { toInstant } from '../../../src/domain/values.ts';
import type { RunTask } from '../../../src/engine/run/begin-call.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { asAnn, commandsOver, engineOver, engineTable, jobInput, memoryLog, storeOver } from '../../support/engines.ts';
import { manualWorld } from '../../support/world.ts';

const EACH_MINUTE = '0 * * * * *';
const MINUTE_MS = 60_000;
const TODAY = '2026-01-01';
/** A little before a slot, when it is claimed already. */
const CLAIMED_MS = 100;

/** An engine at midnight of 2026-01-01 with a job, whose target answers at once, and fails if it is told to. */
const start = async (given: Partial<JobDefinition> = {}, status = 200) => {
  const world = manualWorld();
  const log = memoryLog(world);
  const store = storeOver(log);
  const calls: string[] = [];
  let origin = 'https://example.com';
  const runTask: RunTask = async ({ claim, mayStillCall }) => {
    if (!mayStillCall(origin)) return 'withheld';
    calls.push(`${claim.trigger} ${claim.attempt} at ${new Date(world.clock.now()).toISOString().slice(11, 19)}`);
    const finishedAtMs = world.clock.now();
    const result = { taskType: 'HttpInvokerTask' as const, status, headers: {}, data: null, truncated: false };
    if (status === 200) return { kind: 'succeeded', startedAtMs: finishedAtMs, finishedAtMs, result };
    const error = { code: 'HTTP_503' as const, message: 'the target responded with status 503' };
    return { kind: 'failed', startedAtMs: finishedAtMs, finishedAtMs, result, error };
  };
  const commands = commandsOver(storeOver(log), world);
  const { value: application } = await commands.createApplication(asAnn, { name: 'crm' });
  await commands.setCalendar(asAnn, 'holidays', { dates: [] });
  const { engine } = engineOver({ store, world, membership: engineTable(world).membership, runTask });
  await engine.start();
  const input = jobInput(application.applicationId, { pattern: EACH_MINUTE, ...given });
  const { jobId } = (await commands.createJob(asAnn, input)).value.job;
  const pause = async (of: object = { scope: 'tenant' }) => {
    const { value } = await commands.setPause(asAnn, of, 'installation');
    await world.advance(0);
    return value.pauseId;
  };
  return {
    world,
    store,
    commands,
    jobId,
    calls,
    pause,
    lift: (pauseId: number) => commands.liftPause(asAnn, pauseId, 'installation'),
    setCalendar: (dates: readonly string[]) => commands.setCalendar(asAnn, 'holidays', { dates }),
    calling: (other: string) => {
      origin = other;
    },
    /** What became of slots that were not called: how many, and why. */
    notCalled: async () => (await runsOf(store, jobId)).flatMap(uncalledBy),
    stop: () => engine.stop(0),
  };
};

const runsOf = async (store: EventStore, jobId: number): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  for await (const event of store.readStream(`runs-${jobId}`)) if (isRunEvent(event)) events.push(event);
  return events;
};

const uncalledBy = ({ type, data }: RunEvent): string[] => {
  if (type === 'ExecutionCancelled') return [data.error.message];
  if (type === 'ExecutionAttemptFailed' && data.error.code === 'PAUSED') return ['waits for the end of the pause'];
  return 'reason' in data && 'count' in data ? [`${data.count} ${data.reason}`] : [];
};

describe('an engine with calendars and pauses', () => {
  it('does not call a target that turns out to be paused once its parameters are filled in', async () => {
    const taskConfig = { method: 'POST' as const, url: 'https://${T:YYYY}.example.com/' };
    const { world, calls, pause, calling, notCalled, stop } = await start({ taskConfig });
    await pause({ scope: 'target', of: 'https://2026.example.com' });
    calling('https://2026.example.com');
    await world.advance(MINUTE_MS);
    calling('https://2027.example.com');
    await world.advance(MINUTE_MS);
    expect(calls).to.deep.equal(['schedule 1 at 00:02:00']);
    expect(await notCalled()).to.deep.equal(['the job was paused before this slot was called']);
    await stop();
  });

  it('lets what waits wait on for the end of a pause, and makes it then', async () => {
    const retry = { maxAttempts: 3, backoff: { initial: '30s', jitter: 'none' as const } };
    const { world, calls, commands, jobId, pause, lift, stop } = await start({ retry, overlap: 'allow' }, 503);
    await world.advance(MINUTE_MS + 10_000);
    const pauseId = await pause({ scope: 'tenant' });
    await commands.triggerJob(asAnn, jobId);
    await world.advance(40_000);
    expect(calls).to.deep.equal(['schedule 1 at 00:01:00']);
    await lift(pauseId);
    await world.advance(1_000);
    expect(calls.slice(1)).to.have.members(['schedule 2 at 00:01:50', 'manual 1 at 00:01:50']);
    await stop();
  });

  it('calls no slot on a date that a calendar leaves out, also if it was claimed before the change', async () => {
    const { world, calls, setCalendar, notCalled, stop } = await start({ calendar: { exclude: ['holidays'] } });
    await world.advance(2 * MINUTE_MS - CLAIMED_MS);
    await setCalendar([TODAY]);
    await world.advance(3 * MINUTE_MS);
    expect(calls).to.deep.equal(['schedule 1 at 00:01:00']);
    await setCalendar([]);
    await world.advance(MINUTE_MS / 2);
    expect(calls).to.deep.equal(['schedule 1 at 00:01:00', 'schedule 1 at 00:05:00']);
    expect(await notCalled()).to.deep.equal([
      'a calendar was changed before this slot was called, and excludes it',
      '2 CALENDAR',
    ]);
    await stop();
  });

  it('calls only on the dates that a calendar keeps', async () => {
    const { world, calls, setCalendar, stop } = await start({ calendar: { include: ['holidays'] } });
    await world.advance(90_000);
    expect(calls).to.deep.equal([]);
    await setCalendar([TODAY]);
    await world.advance(MINUTE_MS);
    expect(calls).to.deep.equal(['schedule 1 at 00:02:00']);
    await stop();
  });

  it('goes by the calendars that it loads at its start', async () => {
    const calendar = { include: ['holidays'] };
    const { world, store, jobId, setCalendar, stop } = await start({ calendar });
    await setCalendar([TODAY]);
    await stop();
    const last = (await runsOf(store, jobId)).at(-1) ?? expect.fail('the job has no runs');
    const { applicationId, tail } = last.data;
    const since = toInstant(world.clock.now());
    const second = engineOver({
      store,
      world,
      membership: engineTable(world).membership,
      loadSchedule: async (take) => {
        const loaded = { jobId, tenant: 'acme', applicationId, enabled: true, deleted: false, jobRevision: 0 };
        const scheduleFields = { pattern: EACH_MINUTE, timezone: 'UTC', scheduleSince: since };
        take({ ...loaded, scheduleFields, rules: rulesText({ calendar }), runsRevision: 0, tail });
        const holidays = {
          tenant: 'acme',
          name: 'holidays',
          dates: [TODAY],
          updatedAt: since,
          revision: 1,
          deleted: false,
        };
        return { position: await store.end(), closures: { calendars: [holidays], pauses: [] } };
      },
    });
    await second.engine.start();
    await world.advance(MINUTE_MS + 1_000);
    expect(second.calls).to.have.length(1);
    await second.engine.stop(0);
  });
});
