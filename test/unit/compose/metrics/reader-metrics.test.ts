import { expect } from 'chai';
import {
  countRestarts,
  createLag,
  createLogEnd,
  eventsBehind,
  showProjections,
} from '../../../../src/compose/metrics/reader-metrics.ts';
import { type EventStore, positionOf } from '../../../../src/event-store/port.ts';
import type { ProjectionRunner } from '../../../../src/projections/runner.ts';
import type { ProjectionStatus } from '../../../../src/projections/status.ts';
import { createMetrics } from '../../../../src/telemetry/metrics.ts';
import { parseScrape, sumOf } from '../../../support/scrape.ts';
import { stub } from '../../../support/stub.ts';
import { manualTime, manualWorld } from '../../../support/world.ts';

describe('the lag of a reader', () => {
  const at = (position: number, end: number, { nowMs = 0, recordedMs = 0 } = {}) => ({
    reader: 'jobs',
    position: positionOf(position),
    end: positionOf(end),
    nowMs,
    recordedMs: recordedMs === 0 ? undefined : recordedMs,
  });

  it('is 0 at the end of the log, however old that is', () => {
    const lag = createLag();
    expect(lag(at(7, 7, { nowMs: 3_600_000, recordedMs: 1_000 }))).to.equal(0);
    expect(lag({ ...at(7, 7), end: undefined })).to.equal(0);
    expect(eventsBehind(positionOf(9), positionOf(7))).to.equal(0);
  });

  it('is the age of the last event handled, while the reader catches up', () => {
    expect(createLag()(at(7, 9, { nowMs: 61_000, recordedMs: 1_000 }))).to.equal(60);
    expect(eventsBehind(positionOf(7), positionOf(9))).to.equal(2);
  });

  it('begins when the reader was last seen at the end, so that a quiet hour is no lag', () => {
    const lag = createLag();
    lag(at(7, 7, { nowMs: 3_600_000, recordedMs: 1_000 }));
    expect(lag(at(7, 8, { nowMs: 3_615_000, recordedMs: 1_000 }))).to.equal(15);
    expect(lag({ ...at(7, 8, { nowMs: 3_615_000, recordedMs: 1_000 }), reader: 'another' })).to.equal(3_614);
  });

  it('is not known before the first event', () => {
    expect(createLag()(at(0, 9, { nowMs: 61_000 }))).to.be.NaN;
  });
});

describe('the end of the log, as a scrape reads it', () => {
  it('is read once for all metrics of a scrape, and again for the next scrape', async () => {
    const world = manualWorld();
    let reads = 0;
    const logEnd = createLogEnd({ store: stub<EventStore>({ end: async () => String(++reads) }), world });
    expect(await Promise.all([logEnd(), logEnd()])).to.deep.equal(['1', '1']);
    await world.advance(1_000);
    expect(await logEnd()).to.equal('2');
  });

  it('is not waited for longer than a scrape has time', async () => {
    const world = manualWorld();
    const logEnd = createLogEnd({ store: stub<EventStore>({ end: () => new Promise(() => {}) }), world });
    const said = logEnd().catch((error) => error.message);
    await world.advance(3_000);
    expect(await said).to.equal('the log did not respond within 3000 ms');
  });

  it('may be that of an empty log', async () => {
    expect(
      await createLogEnd({ store: stub<EventStore>({ end: async () => undefined }), world: manualWorld() })(),
    ).to.equal(undefined);
  });
});

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
