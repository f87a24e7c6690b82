import { expect } from 'chai';
import { countRestarts, showProjections } from '../../../../src/compose/metrics/reader-metrics.ts';
import { positionOf } from '../../../../src/event-store/port.ts';
import type { ProjectionRunner } from '../../../../src/projections/runner.ts';
import type { ProjectionStatus } from '../../../../src/projections/status.ts';
import { createMetrics } from '../../../../src/telemetry/metrics.ts';
import { parseScrape, sumOf } from '../../../support/scrape.ts';
import { stub } from '../../../support/stub.ts';
import { manualTime } from '../../../support/world.ts';

describe('the metrics of projections', () => {
  const statusOf = (name: string, state: ProjectionStatus['state'], position?: number): ProjectionStatus => ({
    ...{ name, shape: '1', state, sinceMs: 0, caughtUp: false },
    ...(position === undefined ? {} : { position: positionOf(position), recordedMs: 10_000 }),
  });
  const shown = async (logEnd: () => Promise<string | undefined>, countsEvents = true) => {
    const metrics = createMetrics();
    const status = () => [
      statusOf('jobs', 'running', 20),
      statusOf('ledger', 'retrying', 5),
      statusOf('executions', 'standby', 5),
      statusOf('closures', 'starting'),
    ];
    const { clock } = manualTime(70_000);
    showProjections({ projections: stub<ProjectionRunner>({ status }), logEnd, countsEvents, metrics, clock });
    const scraped = parseScrape((await metrics.render()).text);
    return (name: string, projection: string) => sumOf(scraped, `carillon_projection_${name}`, { projection });
  };
  const endAt20 = async () => positionOf(20);

  it('report the lag of those that this process runs, also while they are held up', async () => {
    const of = await shown(endAt20);
    expect([of('lag_events', 'jobs'), of('lag_seconds', 'jobs'), of('running', 'jobs')]).to.deep.equal([0, 0, 1]);
    expect([of('lag_events', 'ledger'), of('lag_seconds', 'ledger'), of('running', 'ledger')]).to.deep.equal([
      15, 60, 0,
    ]);
  });

  it('report no lag of those that another process runs, or that have not begun', async () => {
    const of = await shown(endAt20);
    for (const name of ['executions', 'closures']) {
      expect([of('lag_events', name), of('lag_seconds', name), of('running', name)]).to.deep.equal([
        undefined,
        undefined,
        0,
      ]);
    }
  });

  it('report no lag while the end of the log is unknown', async () => {
    const of = await shown(() => Promise.reject(new Error('the log is away')));
    expect([of('lag_events', 'ledger'), of('lag_seconds', 'ledger'), of('running', 'jobs')]).to.deep.equal([
      undefined,
      undefined,
      1,
    ]);
  });

  it('report no events if positions do not count them', async () => {
    const of = await shown(endAt20, false);
    expect([of('lag_events', 'ledger'), of('lag_seconds', 'ledger')]).to.deep.equal([undefined, 60]);
  });
});

describe('the restarts of readers', () => {
  it('are there before the first one', async () => {
    const metrics = createMetrics();
    const restarted = countRestarts(metrics, ['jobs', 'publisher']);
    restarted('publisher');
    const scraped = parseScrape((await metrics.render()).text);
    const of = (reader: string) => sumOf(scraped, 'carillon_subscription_restarts_total', { reader });
    expect([of('jobs'), of('publisher')]).to.deep.equal([0, 1]);
  });
});
