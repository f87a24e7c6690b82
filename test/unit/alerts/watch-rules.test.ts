import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { AlertContext, OutgoingNotification } from '../../../src/alerts/ports.ts';
import { createAlerter } from '../../../src/alerts/watch-rules.ts';
import { ALERT_RULES, loadDocument } from '../../../src/commands/loop/documents.ts';
import type { AttemptOutcome } from '../../../src/domain/delivery.ts';
import type { AlertCondition, JobDefinition, RunEvent } from '../../../src/domain/events/index.ts';
import { alertBookStream, alertRuleStream, runsStream } from '../../../src/domain/streams.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { aRule } from '../../support/alerts.ts';
import { createLeases } from '../../support/leases.ts';
import type { Faults, StoreCall } from '../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked, type Process } from '../../support/processes.ts';
import { runsOf } from '../../support/run-events.ts';
import { stub } from '../../support/stub.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DELIVERED: AttemptOutcome = { kind: 'delivered', response: '200' };
const FAILED: AttemptOutcome = { kind: 'failed', code: 'HTTP_500', message: 'it answered 500' };

type Sent = { readonly id: string; readonly states: Readonly<Record<number, 'firing' | 'resolved'>> };

const toSent = ({ notification: { notificationId: id, alerts } }: OutgoingNotification): Sent => ({
  id,
  states: Object.fromEntries(
    alerts.map(({ jobId, endedAt }) => [jobId, endedAt === undefined ? 'firing' : 'resolved']),
  ),
});

/** A tenant with two jobs, and processes that watch its rules, over one log. */
const start = async () => {
  const processes = createProcesses();
  const { world } = processes;
  const api = processes.start();
  const { value: application } = await api.commands.createApplication(aContext(), { name: 'crm' });
  const { applicationId } = application;
  const create = async (name: string): Promise<JobDefinition> =>
    (await api.commands.createJob(aContext(), jobAsked(applicationId, name))).value.job;
  const [first, second] = [await create('first'), await create('second')];
  const { leases, ...rest } = createLeases();
  const rules = new Set<string>();
  const sent: Sent[] = [];
  let excluded: readonly number[] | Error = [];

  const queriesOf = ({ log }: Process): AlertContext['queries'] => {
    const all = async () => {
      const loaded = await Promise.all([...rules].map((name) => loadDocument(log.store, ALERT_RULES, 'acme', name)));
      return loaded.flatMap(({ state, revision }) => (state === undefined ? [] : [{ rule: state, revision }]));
    };
    return stub<AlertContext['queries']>({
      allAlertRules: all,
      hasAlertRules: async () => (await all()).length > 0,
      jobsWithoutSlots: async () => {
        if (excluded instanceof Error) throw excluded;
        return excluded;
      },
      jobsOfAlertRule: async ({ jobId }) => (jobId === undefined ? [first.jobId, second.jobId] : [jobId]),
    });
  };
  const watch = (other: Partial<AlertContext> = {}, faults: Faults = {}) => {
    const process = processes.start(faults);
    const alerter = createAlerter({
      ...{ ...process.log, logId: 'log-1', leases, queries: queriesOf(process) },
      ...{ caughtUp: async () => true, mayNotify: async () => true, attempted: () => {} },
      send: async (outgoing) => {
        sent.push(toSent(outgoing));
        return DELIVERED;
      },
      ...other,
    });
    alerter.start();
    return alerter;
  };
  const set = async (condition: AlertCondition, other: object = {}, name = 'rule') => {
    rules.add(name);
    const receivers = [{ type: 'email', to: 'ops@example.com' }];
    const input = { scope: 'tenant', condition, receivers, groupWait: '2s', atMostEvery: '10s', ...other };
    return (await api.commands.setAlertRule(aContext(), name, input, {})).value;
  };
  const record = async (jobId: number, ...events: readonly RunEvent[]) => {
    for (const event of events) {
      const stream = runsStream(jobId);
      const expectedRevision = (await lastEventOf(api.log.store, stream))?.revision ?? NO_STREAM;
      const metadata = { actor: { type: 'engine' as const, name: 'engine-1' }, correlationId: 'c-1' };
      await api.log.store.append({ stream, expectedRevision, events: [{ ...event, id: randomUUID(), metadata }] });
    }
  };
  const exclude = (now: typeof excluded): void => {
    excluded = now;
  };
  let executions = 0;
  const runs = new Map([first, second].map(({ jobId }) => [jobId, runsOf(jobId, applicationId)]));
  const runsFor = (jobId: number) => runs.get(jobId) ?? runsOf(jobId, applicationId);
  const run = async (jobId: number, end: 'succeed' | 'fail') => {
    const now = world.clock.now();
    const id = ++executions;
    await record(jobId, runsFor(jobId).start(id, now), runsFor(jobId)[end](id, now));
    return id;
  };
  const eventsOf = (type: string) => processes.recorded().filter((event) => event.type === type);
  const a = first.jobId;
  const b = second.jobId;
  return { world, api, processes, watch, set, record, run, runsFor, exclude, eventsOf, sent, rules, a, b, ...rest };
};

const twice = { kind: 'failures', count: 2 } as const;

/** Fails before it records events of a type. */
const losing = (type: string): Faults => ({
  before: (call: StoreCall) => {
    if (call.verb === 'append' && call.append.events.some((event) => event.type === type)) throw new Error('it died');
  },
});

describe('the watch of alert rules', () => {
  it('notifies when a condition begins and when it ends, once each, and all of a group together', async () => {
    const { world, watch, set, run, sent, eventsOf, a, b } = await start();
    await set(twice);
    const alerter = watch();
    await world.advance(5 * SECOND_MS);
    for (const job of [a, b, a, b]) await run(job, 'fail');
    await world.advance(5 * SECOND_MS);
    expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing', [b]: 'firing' }]);
    expect(alerter.status()).to.deep.equal({ firing: 2 });
    await run(a, 'fail');
    await world.advance(HOUR_MS);
    expect(sent).to.have.length(1);
    await run(b, 'succeed');
    await world.advance(20 * SECOND_MS);
    expect(sent.map(({ states }) => states).slice(1)).to.deep.equal([{ [b]: 'resolved' }]);
    expect(eventsOf('NotificationAttempted')).to.have.length(2);
    await alerter.stop();
  });

  it('raises what holds already if a rule is set', async () => {
    const { world, watch, set, run, sent, a } = await start();
    await run(a, 'fail');
    await run(a, 'fail');
    const alerter = watch();
    await world.advance(MINUTE_MS);
    await set(twice);
    await world.advance(MINUTE_MS);
    expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing' }]);
    await set({ kind: 'failures', count: 3 });
    await world.advance(MINUTE_MS);
    expect(sent.at(-1)?.states, 'it does not hold by the new rule').to.deep.equal({ [a]: 'resolved' });
    await alerter.stop();
  });

  it('reports what happened while no process watched', async () => {
    const { world, watch, set, run, record, runsFor, sent, a, b } = await start();
    await set({ kind: 'missed' });
    const one = watch();
    await world.advance(MINUTE_MS);
    await run(a, 'succeed');
    await world.advance(MINUTE_MS);
    await one.stop();
    await record(b, runsFor(b).miss(world.clock.now()));
    await world.advance(HOUR_MS);
    await run(b, 'succeed');
    expect(sent).to.deep.equal([]);
    const two = watch();
    await world.advance(MINUTE_MS);
    expect(sent.map(({ states }) => states)).to.deep.equal([{ [b]: 'resolved' }]);
    await two.stop();
  });

  it('continues after a restart without telling anything twice', async () => {
    const { world, watch, set, run, sent, a } = await start();
    await set(twice);
    for (const end of ['fail', 'fail', 'fail', 'succeed', 'fail', 'fail'] as const) {
      const alerter = watch();
      await world.advance(11 * SECOND_MS);
      await run(a, end);
      await world.advance(11 * SECOND_MS);
      await alerter.stop();
    }
    expect(sent.map(({ states }) => states[a])).to.deep.equal(['firing', 'resolved', 'firing']);
  });

  it('checks what is brought again once, if a process dies before its checkpoint', async () => {
    const { world, watch, set, run, sent, loseAll, eventsOf, a } = await start();
    await set(twice);
    const dying = watch({}, losing('AlertsCheckpointed'));
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await run(a, 'succeed');
    await world.advance(8 * SECOND_MS);
    expect(sent).to.have.length(1);
    loseAll();
    await dying.stop();
    expect(eventsOf('AlertsCheckpointed')).to.deep.equal([]);
    const next = watch();
    await world.advance(MINUTE_MS);
    await next.stop();
    expect(sent.map(({ states }) => states[a])).to.deep.equal(['resolved']);
  });

  it('repeats a notification under the same id if a process dies between sending and recording', async () => {
    const { world, watch, set, run, sent, loseAll, a } = await start();
    await set(twice);
    const dying = watch({}, losing('NotificationAttempted'));
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(MINUTE_MS);
    expect(sent, 'the process itself does not send it again').to.have.length(1);
    loseAll();
    await dying.stop();
    const next = watch();
    await world.advance(MINUTE_MS);
    await next.stop();
    expect(sent).to.have.length(2);
    expect(new Set(sent.map(({ id }) => id)).size).to.equal(1);
  });

  it('sends by one process alone, and by the next one if that dies', async () => {
    const { world, watch, set, run, sent, loseAll, taken, a } = await start();
    await set(twice);
    const senders: string[] = [];
    const named = (name: string): Partial<AlertContext> => ({
      send: async (outgoing) => {
        senders.push(name);
        sent.push(toSent(outgoing));
        return DELIVERED;
      },
    });
    const [one, two] = [watch(named('one')), watch(named('two'))];
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(MINUTE_MS);
    expect(senders).to.have.length(1);
    loseAll();
    await (senders[0] === 'one' ? one : two).stop();
    await world.advance(MINUTE_MS);
    expect(taken()).to.deep.equal(['alerts']);
    await run(a, 'succeed');
    await world.advance(MINUTE_MS);
    expect(senders).to.have.length(2);
    expect(new Set(senders).size).to.equal(2);
    await Promise.all([one.stop(), two.stop()]);
    expect(taken()).to.deep.equal([]);
  });

  it('tries again after a failure until it is delivered', async () => {
    const { world, watch, set, run, a, eventsOf } = await start();
    await set(twice);
    const outcomes = [FAILED, FAILED, DELIVERED];
    const told: string[] = [];
    const alerter = watch({
      send: async () => outcomes.shift() ?? DELIVERED,
      attempted: (receiver, outcome) => void told.push(`${receiver} ${outcome}`),
    });
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(MINUTE_MS);
    expect(told).to.deep.equal(['email failed', 'email failed', 'email delivered']);
    expect(eventsOf('NotificationPlanned')).to.have.length(1);
    await alerter.stop();
  });

  it('reports the state of an incident at the time of the notification, in the order of events', async () => {
    const { world, api, watch, rules, run, a } = await start();
    rules.add('paged');
    const url = 'https://events.pagerduty.com/v2/enqueue';
    const data = aRule({
      ...{ name: 'paged', condition: twice, groupWait: 0, atMostEvery: 0 },
      receivers: [{ type: 'pagerduty', secret: 'PAGER', secretApplicationId: 1, url, severity: 'error' }],
    });
    const event = { type: 'AlertRuleSet' as const, data, id: randomUUID(), metadata: aContext() };
    const stream = alertRuleStream('acme', 'paged');
    await api.log.store.append({ stream, expectedRevision: NO_STREAM, events: [event] });
    const told: boolean[] = [];
    const responses: PromiseWithResolvers<AttemptOutcome>[] = [];
    const alerter = watch({
      send: ({ isFiring }) => {
        told.push(isFiring);
        const response = Promise.withResolvers<AttemptOutcome>();
        responses.push(response);
        return response.promise;
      },
    });
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(MINUTE_MS);
    await run(a, 'succeed');
    await world.advance(MINUTE_MS);
    expect(told, 'the end waits for the answer to the begin').to.deep.equal([true]);
    responses[0]?.resolve(FAILED);
    await world.advance(2 * SECOND_MS);
    responses[1]?.resolve(DELIVERED);
    await world.advance(MINUTE_MS);
    responses[2]?.resolve(DELIVERED);
    await world.advance(MINUTE_MS);
    expect(told, 'what is repeated does not open it again').to.deep.equal([true, false, false]);
    await alerter.stop();
  });

  describe('by the passing of time', () => {
    it('raises what begins without an event, and ends it by the event that does', async () => {
      const { world, watch, set, run, record, runsFor, sent, a, b } = await start();
      await set({ kind: 'running', over: '10m' }, {}, 'slow');
      const alerter = watch();
      await world.advance(5 * SECOND_MS);
      await record(a, runsFor(a).start(900, world.clock.now()));
      await run(b, 'succeed');
      await world.advance(9 * MINUTE_MS);
      expect(sent).to.deep.equal([]);
      await world.advance(2 * MINUTE_MS);
      expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing' }]);
      await record(a, runsFor(a).succeed(900, world.clock.now()));
      await world.advance(MINUTE_MS);
      expect(sent.at(-1)?.states).to.deep.equal({ [a]: 'resolved' });
      await alerter.stop();
    });

    it('does not mention jobs of which the log has newer events than were brought', async () => {
      const { world, watch, set, run, sent, a, b } = await start();
      await set({ kind: 'noSuccess', over: '1h' }, { scope: 'job', of: a });
      let isSilent = false;
      const silence = Promise.withResolvers<void>();
      const alerter = watch({}, { before: (call) => (call.verb === 'page' && isSilent ? silence.promise : undefined) });
      await world.advance(5 * SECOND_MS);
      isSilent = true;
      await run(b, 'succeed');
      await world.advance(59 * MINUTE_MS);
      await run(a, 'succeed');
      await world.advance(5 * MINUTE_MS);
      expect(sent).to.deep.equal([]);
      isSilent = false;
      silence.resolve();
      await world.advance(HOUR_MS);
      expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing' }]);
      await alerter.stop();
    });

    it('checks a backlog by the time at which its events were recorded', async () => {
      const { world, watch, set, run, sent, a } = await start();
      await set({ kind: 'noSuccess', over: '1h' }, { scope: 'job', of: a });
      const one = watch();
      await run(a, 'succeed');
      await world.advance(MINUTE_MS);
      await one.stop();
      for (let each = 0; each < 10; each++) {
        await world.advance(50 * MINUTE_MS);
        await run(a, 'succeed');
      }
      const two = watch();
      await world.advance(MINUTE_MS);
      await two.stop();
      expect(sent).to.deep.equal([]);
    });
  });

  describe('for jobs without slots to come', () => {
    const noSlots = { kind: 'noSlots' } as const;

    it('checks once a minute, and notifies once of each change', async () => {
      const { world, watch, set, run, exclude, sent, a, b } = await start();
      await set(noSlots);
      const alerter = watch();
      await world.advance(5 * SECOND_MS);
      for (const [jobs, told] of [
        [[b], { [b]: 'firing' }],
        [[a], { [a]: 'firing', [b]: 'resolved' }],
        [[], { [a]: 'resolved' }],
        [[a], { [a]: 'firing' }],
      ] as const) {
        exclude(jobs);
        await world.advance(61 * SECOND_MS);
        await run(a, 'succeed');
        await world.advance(4 * MINUTE_MS);
        expect(sent.splice(0).map(({ states }) => states)).to.deep.equal([told]);
      }
      await alerter.stop();
    });

    it('notifies of nothing twice after a restart, even if the read models fail', async () => {
      const { world, watch, set, run, exclude, sent, a } = await start();
      await set(noSlots);
      exclude([a]);
      for (const now of [[a], new Error('too slow'), [a]]) {
        exclude(now);
        const alerter = watch();
        await world.advance(2 * MINUTE_MS);
        await run(a, 'succeed');
        await alerter.stop();
      }
      expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing' }]);
      exclude([]);
      const alerter = watch();
      await world.advance(MINUTE_MS);
      expect(sent.at(-1)?.states).to.deep.equal({ [a]: 'resolved' });
      await alerter.stop();
    });

    it('ends the alert of a job that is disabled or deleted by its event', async () => {
      const { world, api, watch, set, exclude, sent, a, b } = await start();
      await set(noSlots);
      exclude([a, b]);
      const alerter = watch();
      await world.advance(30 * SECOND_MS);
      await api.commands.disableJob(aContext(), a, {});
      await api.commands.deleteJob(aContext(), b, {});
      await world.advance(20 * SECOND_MS);
      expect(sent.map(({ states }) => states)).to.deep.equal([
        { [a]: 'firing', [b]: 'firing' },
        { [a]: 'resolved', [b]: 'resolved' },
      ]);
      await alerter.stop();
    });
  });

  it('ends the alerts of a job that is deleted, and of one that the rule does not watch any more', async () => {
    const { world, api, watch, set, run, sent, a, b } = await start();
    await set(twice);
    const alerter = watch();
    await world.advance(5 * SECOND_MS);
    for (const job of [a, b, a, b]) await run(job, 'fail');
    await world.advance(20 * SECOND_MS);
    await api.commands.deleteJob(aContext(), a, {});
    await world.advance(20 * SECOND_MS);
    expect(sent.at(-1)?.states).to.deep.equal({ [a]: 'resolved' });
    await set(twice, { scope: 'job', of: b });
    await world.advance(20 * SECOND_MS);
    expect(sent).to.have.length(2);
    await alerter.stop();
  });

  it('watches jobs with the labels of the rule, from when they have them until they have them no more', async () => {
    const { world, api, watch, set, run, sent, a, b } = await start();
    const label = (jobId: number, labels: object | null) => api.commands.updateJob(aContext(), jobId, { labels }, {});
    await set(twice, { labels: { team: 'crm' } });
    const alerter = watch();
    await world.advance(5 * SECOND_MS);
    for (const job of [a, b, a, b]) await run(job, 'fail');
    await world.advance(20 * SECOND_MS);
    expect(sent).to.deep.equal([]);
    await label(a, { team: 'crm', stage: 'test' });
    await label(b, { team: 'web' });
    await world.advance(20 * SECOND_MS);
    expect(
      sent.map(({ states }) => states),
      'what was before counts',
    ).to.deep.equal([{ [a]: 'firing' }]);
    await label(a, null);
    await world.advance(20 * SECOND_MS);
    expect(sent.at(-1)?.states).to.deep.equal({ [a]: 'resolved' });
    await run(a, 'succeed');
    await run(a, 'fail');
    await label(a, { team: 'crm' });
    await world.advance(20 * SECOND_MS);
    expect(sent).to.have.length(2);
    await alerter.stop();
  });

  it('knows of a job that was not watched for a while what the log states', async () => {
    const { world, api, watch, set, run, sent, rules, a, b } = await start();
    await set({ kind: 'failures', count: 9 }, { scope: 'job', of: b }, 'other');
    await set(twice, { scope: 'job', of: a });
    const alerter = watch();
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await world.advance(5 * SECOND_MS);
    await api.commands.deleteAlertRule(aContext(), 'rule', {});
    rules.delete('rule');
    await world.advance(5 * SECOND_MS);
    await run(a, 'succeed');
    await world.advance(5 * SECOND_MS);
    await set(twice, { scope: 'job', of: a });
    await run(a, 'fail');
    await world.advance(20 * SECOND_MS);
    expect(sent).to.deep.equal([]);
    await run(a, 'fail');
    await world.advance(20 * SECOND_MS);
    expect(sent.map(({ states }) => states)).to.deep.equal([{ [a]: 'firing' }]);
    await alerter.stop();
  });

  it('sends nothing if the rule is deleted, and stops watching', async () => {
    const { world, api, watch, set, run, sent, rules, taken, a } = await start();
    await set(twice);
    const alerter = watch();
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(SECOND_MS);
    await api.commands.deleteAlertRule(aContext(), 'rule', {});
    rules.delete('rule');
    await world.advance(MINUTE_MS);
    expect(sent).to.deep.equal([]);
    expect(taken()).to.deep.equal([]);
    await alerter.stop();
  });

  it('notifies no one on a log that was restored elsewhere', async () => {
    const { world, watch, set, run, sent, a } = await start();
    await set(twice);
    await run(a, 'fail');
    await run(a, 'fail');
    let mayNotify = false;
    const alerter = watch({ mayNotify: async () => mayNotify });
    await world.advance(HOUR_MS);
    expect(sent).to.deep.equal([]);
    mayNotify = true;
    await world.advance(MINUTE_MS);
    expect(sent).to.have.length(1);
    await alerter.stop();
  });

  it('reads nothing of the log while no tenant has a rule', async () => {
    const { world, watch, run, a } = await start();
    const calls: string[] = [];
    const alerter = watch({}, { before: ({ verb }) => void calls.push(verb) });
    await run(a, 'fail');
    await world.advance(HOUR_MS);
    expect(calls).to.deep.equal([]);
    await alerter.stop();
  });

  it('does not mind if the read models are behind for a while', async () => {
    const { world, watch, set, run, sent, a } = await start();
    await set(twice);
    await run(a, 'fail');
    await run(a, 'fail');
    let caughtUp = false;
    const alerter = watch({ caughtUp: async () => caughtUp });
    await world.advance(MINUTE_MS);
    expect(sent).to.deep.equal([]);
    caughtUp = true;
    await world.advance(MINUTE_MS);
    expect(sent).to.have.length(1);
    await alerter.stop();
  });

  it('continues with the other rules if the notifications of one are unreadable', async () => {
    const { world, processes, watch, set, run, sent, a } = await start();
    await set(twice, {}, 'broken');
    await set(twice, {}, 'whole');
    const one = watch();
    await world.advance(5 * SECOND_MS);
    await run(a, 'fail');
    await run(a, 'fail');
    await world.advance(MINUTE_MS);
    expect(sent).to.have.length(2);
    processes.spoil(alertBookStream('acme', 'broken'));
    await run(a, 'succeed');
    await world.advance(5 * MINUTE_MS);
    expect(sent.slice(2).map(({ states }) => states)).to.deep.equal([{ [a]: 'resolved' }]);
    await one.stop();
  });
});
