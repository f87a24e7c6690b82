import { expect } from 'chai';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

describe('metrics', () => {
  it('renders what was counted, read and observed', async () => {
    const metrics = createMetrics();
    const count = metrics.counter({ name: 'calls_total', help: 'Calls.', labels: ['outcome'] });
    count({ outcome: 'succeeded' });
    count({ outcome: 'succeeded' }, 2);
    metrics.gauge({ name: 'open', help: 'Open now.' }, () => 5);
    metrics.histogram({ name: 'call_seconds', help: 'Time.', buckets: [1, 2] })({}, 1.5);
    const { text } = await metrics.render();
    expect(text)
      .to.include('calls_total{outcome="succeeded"} 3')
      .and.include('open 5')
      .and.include('call_seconds_bucket{le="2"} 1');
  });

  it('renders what is counted elsewhere, and what it was where that cannot be read', async () => {
    const metrics = createMetrics();
    const reads = [
      async () => [{ labels: { outcome: 'missed' }, value: 3 }],
      async () => [{ labels: { outcome: 'missed' }, value: 5 }],
      async () => Promise.reject(new Error('Postgres is away')),
    ];
    metrics.counted({ name: 'slots_total', help: 'Slots.', labels: ['outcome'] }, async () => reads.shift()?.() ?? []);
    expect((await metrics.render()).text).to.include('slots_total{outcome="missed"} 3');
    expect((await metrics.render()).text).to.include('slots_total{outcome="missed"} 5');
    expect((await metrics.render()).text).to.include('slots_total{outcome="missed"} 5');
  });

  it('renders what is read under labels, and nothing old where that cannot be read', async () => {
    const metrics = createMetrics();
    const reads = [
      async () => [{ labels: { pool: 'main' }, value: 3 }],
      async () => [{ labels: { pool: 'log' }, value: 5 }],
      async () => Promise.reject(new Error('the log is away')),
    ];
    metrics.gauges({ name: 'lag', help: 'Lag.', labels: ['pool'] }, async () => reads.shift()?.() ?? []);
    metrics.gauge({ name: 'behind', help: 'Lag.' }, () => Promise.reject(new Error('the log is away')));
    const texts = [await metrics.render(), await metrics.render(), await metrics.render()].map(({ text }) => text);
    expect(texts[0])
      .to.include('lag{pool="main"} 3')
      .and.match(/^behind nan$/im);
    expect(texts[1]).to.include('lag{pool="log"} 5').and.not.include('main');
    expect(texts[2]).to.not.include('lag{');
  });

  it('keeps processes in one program apart', () => {
    for (const metrics of [createMetrics(), createMetrics()]) metrics.counter({ name: 'same_total', help: 'Same.' });
  });
});
