import { expect } from 'chai';
import { createMetrics, joinMetrics } from '../../../src/telemetry/metrics.ts';

describe('metrics', () => {
  it('renders what was counted, read and observed', async () => {
    const metrics = createMetrics();
    const count = metrics.counter('carillon_spans_total');
    count({ result: 'exported' });
    count({ result: 'exported' }, 2);
    metrics.gauge('carillon_engine_jobs', () => 5);
    metrics.histogram('carillon_slot_lateness_seconds', [1, 2])({}, 1.5);
    const { text } = await metrics.render();
    expect(text)
      .to.include('carillon_spans_total{result="exported"} 3')
      .and.include('carillon_engine_jobs 5')
      .and.include('carillon_slot_lateness_seconds_bucket{le="2"} 1');
  });

  it('renders what is counted elsewhere, and what it was where that cannot be read', async () => {
    const metrics = createMetrics();
    const reads = [
      async () => [{ labels: { outcome: 'missed', reason: 'ENGINE_DOWN' }, value: 3 }],
      async () => [{ labels: { outcome: 'missed', reason: 'ENGINE_DOWN' }, value: 5 }],
      async () => Promise.reject(new Error('Postgres is away')),
    ];
    metrics.counted('carillon_slots_total', async () => reads.shift()?.() ?? []);
    expect((await metrics.render()).text).to.include('carillon_slots_total{outcome="missed",reason="ENGINE_DOWN"} 3');
    expect((await metrics.render()).text).to.include('carillon_slots_total{outcome="missed",reason="ENGINE_DOWN"} 5');
    expect((await metrics.render()).text).to.include('carillon_slots_total{outcome="missed",reason="ENGINE_DOWN"} 5');
  });

  it('renders those of other processes with its own: sums, but if each states the same, and counts of both kinds', async () => {
    const [own, other] = [createMetrics(), createMetrics()];
    for (const [metrics, by] of [
      [own, 2],
      [other, 3],
    ] as const) {
      metrics.counter('carillon_spans_total')({ result: 'exported' }, by);
      metrics.gauge('carillon_engine_jobs', () => by);
      metrics.gauge('carillon_engine_call_capacity', () => by);
      metrics.gauge('carillon_log_silent_seconds', () => Number.NaN);
      metrics.histogram('carillon_slot_lateness_seconds', [1, 2])({}, 1.5);
    }
    const started = /process_start_time_seconds \d+/.exec((await own.render()).text)?.[0] ?? 'none';
    own.join(async () => [joinMetrics([structuredClone(await other.json()), []])]);
    expect((await own.render()).text.split('\n')).to.include.members([
      'carillon_spans_total{result="exported"} 5',
      'carillon_engine_jobs 3',
      'carillon_engine_call_capacity 5',
      'carillon_log_silent_seconds Nan',
      'carillon_slot_lateness_seconds_bucket{le="2"} 2',
      'carillon_slot_lateness_seconds_count 2',
      started,
    ]);
  });

  it('renders what is read under labels, and nothing old if that cannot be read', async () => {
    const metrics = createMetrics();
    const reads = [
      async () => [{ labels: { pool: 'main' }, value: 3 }],
      async () => [{ labels: { pool: 'log' }, value: 5 }],
      async () => Promise.reject(new Error('the log is away')),
    ];
    metrics.gauges('carillon_pool_waiting', async () => reads.shift()?.() ?? []);
    metrics.gauge('carillon_publisher_lag_seconds', () => Promise.reject(new Error('the log is away')));
    const texts = [await metrics.render(), await metrics.render(), await metrics.render()].map(({ text }) => text);
    expect(texts[0])
      .to.include('carillon_pool_waiting{pool="main"} 3')
      .and.match(/^carillon_publisher_lag_seconds nan$/im);
    expect(texts[1]).to.include('carillon_pool_waiting{pool="log"} 5').and.not.include('main');
    expect(texts[2]).to.not.include('carillon_pool_waiting{');
  });

  it('keeps processes in one program apart', () => {
    for (const metrics of [createMetrics(), createMetrics()]) metrics.counter('carillon_spans_total');
  });
});
