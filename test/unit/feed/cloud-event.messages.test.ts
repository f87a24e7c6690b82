import { expect } from 'chai';
import { CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { z } from 'zod';
import type { DomainEvent, EventOf } from '../../../src/domain/events/index.ts';
import { positionOf, type RecordedEvent } from '../../../src/event-store/port.ts';
import { sourceOf, toCloudEvent, toMessages, toStructured } from '../../../src/feed/cloud-event.ts';
import { PUBLISHED, publishedSchema } from '../../../src/feed/published.ts';
import { TOPICS } from '../../../src/feed/topics.ts';
import { anyHistory, recorded } from '../../support/histories.ts';
import { aJob } from '../../support/jobs.ts';

const SOURCE = sourceOf('5b0c8a52-0000-4000-8000-000000000001');
const sealed = { $sealed: { generation: 1, box: 'Ym94', fingerprint: 'f1' } };

const asRecorded = (event: DomainEvent, metadata: Partial<RecordedEvent['metadata']> = {}): RecordedEvent => ({
  ...event,
  id: '7c0e1b5a-0000-4000-8000-00000000000a',
  stream: 'job-7',
  revision: 4,
  position: positionOf(42),
  recordedAt: Date.UTC(2026, 2, 1, 9),
  metadata: { actor: { type: 'user', name: 'ann' }, correlationId: 'c-1', ...metadata },
});
const NAMES = { jobName: 'sync', applicationName: 'crm' };
const messagesOf = (event: RecordedEvent) => {
  const cloudEvent = toCloudEvent(event, SOURCE, NAMES);
  return cloudEvent === undefined ? [] : toMessages(cloudEvent, 'x.');
};
const run = {
  tenant: 'acme',
  applicationId: 3,
  jobId: 7,
  executionId: 12,
  trigger: 'schedule' as const,
  scheduledAt: '2026-03-01T09:00:01.000Z',
  createdAt: '2026-03-01T08:59:59.900Z',
  attempt: 1,
  tail: { jobRevision: 4, cursor: '2026-03-01T09:00:01.000Z', runs: 1, open: [] },
} satisfies Partial<EventOf<'ExecutionSucceeded'>['data']>;

describe('messages', () => {
  it('contain the job as the API shows it, and the event in headers', () => {
    const job = aJob({
      labels: { team: 'red' },
      taskConfig: { url: 'https://example.com', method: 'GET', headers: { 'x-key': sealed, 'x-plain': 'p' } },
    });
    const metadata = {
      causationId: 'e-0',
      traceparent: '00-a-b-01',
      actor: { type: 'bootstrap', name: 'crm' },
    } as const;
    const messages = messagesOf(asRecorded({ type: 'JobEnabled', data: job }, metadata));
    expect(messages.map(({ topic, key }) => [topic, key])).to.deep.equal([
      ['x.scheduler.job.updated', '7'],
      ['x.scheduler.job.events', '7'],
      ['x.scheduler.job.state', '7'],
    ]);
    const { jobId, scheduleSince: _, ...shown } = job;
    expect(JSON.parse(messages[0]?.value ?? '')).to.deep.equal({
      ...shown,
      id: jobId,
      applicationName: 'crm',
      revision: 4,
      change: 'enabled',
      taskConfig: { ...job.taskConfig, headers: { 'x-key': { sealed: true }, 'x-plain': 'p' } },
    });
    expect(messages[0]?.headers).to.deep.equal({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: '7c0e1b5a-0000-4000-8000-00000000000a',
      ce_source: SOURCE,
      ce_type: 'scheduler.job.updated',
      ce_subject: 'jobs/7',
      ce_time: '2026-03-01T09:00:00.000Z',
      ce_tenant: 'acme',
      ce_sequence: '00000000000000000042',
      ce_correlationid: 'c-1',
      ce_causationid: 'e-0',
      ce_actor: 'bootstrap:crm',
      ce_actortype: 'bootstrap',
      ce_traceparent: '00-a-b-01',
      ce_labels: '{"team":"red"}',
    });
  });

  it('take a deleted job out of the topic of states, and nowhere else', () => {
    const messages = messagesOf(asRecorded({ type: 'JobDeleted', data: aJob() }));
    expect(messages.map(({ topic, value }) => [topic, value === null])).to.deep.equal([
      ['x.scheduler.job.deleted', false],
      ['x.scheduler.job.events', false],
      ['x.scheduler.job.state', true],
    ]);
  });

  it('report an attempt that started no earlier than it was due, without what is between engines', () => {
    const data = { ...run, engineId: 'engine-1', jobRevision: 4 };
    const [message] = messagesOf(asRecorded({ type: 'ExecutionStarted', data }));
    const { tail: _, executionId, ...shown } = data;
    expect(message?.topic).to.equal('x.scheduler.job.execution.started');
    expect(message?.headers.ce_subject).to.equal('jobs/7/executions/12');
    const expected = { ...shown, ...NAMES, id: executionId, status: 'running', startedAt: run.scheduledAt };
    expect(JSON.parse(message?.value ?? '')).to.deep.equal(expected);
  });

  it('send a cancelled execution with the failures, under its own type', () => {
    const data = { ...run, finishedAt: run.scheduledAt, error: { code: 'OVERLAP', message: 'busy' } };
    const [message] = messagesOf(asRecorded({ type: 'ExecutionCancelled', data }));
    expect(message?.topic).to.equal('x.scheduler.job.execution.failed');
    expect(message?.headers.ce_type).to.equal('scheduler.job.execution.cancelled');
  });

  it('report a slot deferred by a pause as late', () => {
    const late = 'PAUSED' as const;
    const accepted = { ...run, startedAt: run.scheduledAt, deadlineAt: run.scheduledAt, late };
    const messages = [
      messagesOf(asRecorded({ type: 'ExecutionStarted', data: { ...run, engineId: 'e1', jobRevision: 4, late } })),
      messagesOf(asRecorded({ type: 'CallAccepted', data: accepted })),
    ];
    const told = messages.map(([message]) => JSON.parse(message?.value ?? '{}').late);
    expect(told).to.deep.equal(['PAUSED', 'PAUSED']);
  });

  it('never hold a sealed result', () => {
    const result = { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data: sealed, truncated: false };
    const data = { ...run, finishedAt: run.scheduledAt, result };
    const [message] = messagesOf(asRecorded({ type: 'ExecutionSucceeded', data }));
    expect(message?.value).not.to.contain('Ym94');
    expect(JSON.parse(message?.value ?? '').result.data).to.deep.equal({ sealed: true });
  });

  it('are not made of events that only guard names or concern no job', () => {
    const forfeited = { type: 'NameRevoked', data: { tenant: 'acme', ownerId: 7, name: 'sync' } } as const;
    expect(messagesOf(asRecorded(forfeited))).to.deep.equal([]);
    expect(messagesOf(asRecorded({ type: 'IdsReserved', data: { kind: 'jobs', first: 1, last: 10 } }))).to.deep.equal(
      [],
    );
  });

  it('match their schemas, once per topic', () => {
    const schemas = new Map(Object.keys(PUBLISHED).map((type) => [type, closedSchema(type)]));
    fc.assert(
      fc.property(anyHistory(3), (history) => {
        for (const event of recorded(history)) {
          const cloudEvent = toCloudEvent(event, SOURCE, NAMES);
          if (cloudEvent === undefined) continue;
          const { data, attributes } = cloudEvent;
          const parsed = schemas.get(attributes.type)?.safeParse(JSON.parse(JSON.stringify(data)));
          expect(parsed?.error?.issues ?? [], attributes.type).to.deep.equal([]);
          const topics = toMessages(cloudEvent, '').map(({ topic }) => topic);
          expect(topics).to.deep.equal(PUBLISHED[attributes.type].topics).and.include(TOPICS.events);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are CloudEvents to the project's own reader", () => {
    const event = asRecorded({ type: 'JobCreated', data: aJob({ labels: { team: 'red' } }) });
    const [message] = messagesOf(event);
    const { headers = {}, key = '', value } = message ?? {};
    const binary = { headers: { ...headers }, key, value, body: value };
    expect(Kafka.isEvent(binary)).to.equal(true);
    const understood = Kafka.toEvent(binary);
    const cloudEvent = Array.isArray(understood) ? understood[0] : understood;
    expect(cloudEvent instanceof CloudEvent && cloudEvent.validate()).to.equal(true);
    const structured = toStructured(toCloudEvent(event, SOURCE, NAMES) ?? expect.fail('not published'));
    expect(JSON.parse(JSON.stringify(cloudEvent))).to.deep.include(JSON.parse(JSON.stringify(structured)));
  });
});

/** The schema that readers get, here with every object closed: what it doesn't name must not be published. */
const closedSchema = (type: string) => {
  const found = Object.keys(PUBLISHED).find((each): each is keyof typeof PUBLISHED => each === type);
  if (found === undefined) throw new Error(`${type} is not published`);
  const close = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'properties' in value
      ? { ...value, additionalProperties: false }
      : value;
  return z.fromJSONSchema(JSON.parse(JSON.stringify(publishedSchema(found)), close));
};
