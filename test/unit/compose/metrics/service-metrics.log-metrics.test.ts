import { expect } from 'chai';
import {
  countExecutions,
  createTenantLabels,
  measureAppends,
} from '../../../../src/compose/metrics/service-metrics.ts';
import type { RunEvent } from '../../../../src/domain/events/index.ts';
import { AppendUnconfirmed, WrongExpectedRevision } from '../../../../src/event-store/errors.ts';
import type { Append, EventStore } from '../../../../src/event-store/port.ts';
import { createMetrics } from '../../../../src/telemetry/metrics.ts';
import { memoryLog, storeOver } from '../../../support/engines.ts';
import { appendEachOf } from '../../../support/memory-store.ts';
import { okResult } from '../../../support/run-events.ts';
import { parseScrape, sumOf } from '../../../support/scrape.ts';
import { manualTime, manualWorld } from '../../../support/world.ts';

const made = { revision: 0, position: '1' };
/** A log of which only appends matter. */
const logWith = (appends: Partial<Pick<EventStore, 'append' | 'appendInOrder' | 'appendEach'>>): EventStore => ({
  ...storeOver(memoryLog(manualWorld())),
  ...appends,
});
const appendOf = (event: RunEvent): Append => ({
  stream: 'runs-7',
  expectedRevision: 0,
  events: [{ ...event, id: 'e', metadata: { actor: { type: 'engine', name: 'e1' }, correlationId: 'c' } }],
});

const at = '2026-03-01T09:00:00.000Z';
const ofExecution = {
  ...{ tenant: 'acme', applicationId: 3, jobId: 7, executionId: 1, attempt: 1 },
  ...{ trigger: 'schedule' as const, scheduledAt: at, createdAt: at },
  tail: { jobRevision: 0, cursor: at, runs: 1, open: [] },
};
const ended = { ...ofExecution, finishedAt: at };
const errorOf = (code: string) => ({ code, message: '' });
const started = appendOf({ type: 'ExecutionStarted', data: { ...ofExecution, engineId: 'e1', jobRevision: 0 } });
const succeeded = (): Append => appendOf({ type: 'ExecutionSucceeded', data: { ...ended, result: okResult } });
const failed = appendOf({ type: 'ExecutionFailed', data: { ...ended, error: errorOf('HTTP_503') } });
const cancelled = appendOf({ type: 'ExecutionCancelled', data: { ...ended, error: errorOf('REPLACED') } });
const toRetry = appendOf({
  type: 'ExecutionAttemptFailed',
  data: { ...ended, error: errorOf('EPROTO'), retryAt: at },
});

describe('the metrics of appends', () => {
  it('report how long those took that were made, and why the others were not', async () => {
    const [metrics, time] = [createMetrics(), manualTime()];
    const responses = [
      async () => {
        await time.advance(20);
        return made;
      },
      () => Promise.reject(new WrongExpectedRevision({ stream: 's', expected: 1, actual: 2 })),
      () => Promise.reject(new AppendUnconfirmed('s')),
    ];
    const append = () => responses.shift()?.() ?? Promise.resolve(made);
    const store = measureAppends(logWith({ append }), { metrics, clock: time.clock });
    for (let count = 0; count < 3; count++) await store.append(started).catch(() => {});
    const scraped = parseScrape((await metrics.render()).text);
    expect(sumOf(scraped, 'carillon_append_duration_seconds_sum')).to.equal(0.02);
    expect(sumOf(scraped, 'carillon_append_duration_seconds_count')).to.equal(1);
    expect(
      ['lost', 'unanswered', 'other'].map((reason) => sumOf(scraped, 'carillon_append_failures_total', { reason })),
    ).to.eql([1, 1, 0]);
  });

  it('count each append that lost among several', async () => {
    const [metrics, time] = [createMetrics(), manualTime()];
    const appendEach = async () => [new WrongExpectedRevision({ stream: 's', expected: 1, actual: 2 }), made];
    const store = measureAppends(logWith({ appendEach }), { metrics, clock: time.clock });
    await appendEachOf(store)([started, succeeded()]);
    const scraped = parseScrape((await metrics.render()).text);
    expect(sumOf(scraped, 'carillon_append_duration_seconds_count')).to.equal(1);
    expect(sumOf(scraped, 'carillon_append_failures_total', { reason: 'lost' })).to.equal(1);
  });
});

describe('the count of executions', () => {
  it('is of ends that were appended, by outcome and code', async () => {
    const metrics = createMetrics();
    const lost = succeeded();
    const append = async (requested: Append) => {
      if (requested === lost) throw new AppendUnconfirmed('runs-7');
      return made;
    };
    // Of appends in order, the second one loses.
    const appendInOrder = async () => [made];
    // Of those that are made each, the first one loses.
    const appendEach = async () => [new WrongExpectedRevision({ stream: 's', expected: 1, actual: 2 }), made];
    const store = countExecutions(logWith({ append, appendInOrder, appendEach }), {
      metrics,
      tenants: createTenantLabels(),
    });
    for (const each of [started, succeeded(), failed, cancelled, toRetry]) await store.append(each);
    await store.append(lost).catch(() => {});
    await store.appendInOrder([succeeded(), failed]);
    await appendEachOf(store)([failed, succeeded()]);
    const { series } = parseScrape((await metrics.render()).text);
    const counted = series
      .filter(({ name, value }) => /^carillon_.*(?:executions|retries)/.test(name) && value > 0)
      .map(({ name, labels, value }) => [name, Object.values(labels).join(), value]);
    expect(counted).to.have.deep.members([
      ['carillon_executions_total', 'succeeded,', 3],
      ['carillon_executions_total', 'failed,HTTP_5xx', 1],
      ['carillon_executions_total', 'cancelled,REPLACED', 1],
      ['carillon_retries_total', 'other', 1],
      ['carillon_tenant_executions_total', 'acme,succeeded', 3],
      ['carillon_tenant_executions_total', 'acme,failed', 1],
      ['carillon_tenant_executions_total', 'acme,cancelled', 1],
    ]);
  });
});
