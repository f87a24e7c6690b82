import { expect } from 'chai';
import { type EngineGiven, startEngineProcesses, type ToEngine } from '../../../src/compose/engine-processes.ts';
import type { Metrics, MetricsJson } from '../../../src/telemetry/metrics.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const GIVEN: EngineGiven = { databaseUrl: 'postgres://db/carillon', publicUrl: 'https://jobs.example.com' };
const STARTED = Date.UTC(2026, 0, 1);
const at = (ms: number): string => new Date(STARTED + ms).toISOString();

type Fork = {
  readonly engine: number;
  readonly told: ToEngine[];
  wasKilled: boolean;
  say(message: unknown): void;
  end(how: string, isRejected?: boolean): void;
};

describe('the engine processes of a process', () => {
  const start = (count: number) => {
    const world = manualWorld();
    const stopping = new AbortController();
    const forks: Fork[] = [];
    let scrape: () => Promise<readonly MetricsJson[]> = async () => [];
    let unanswered = 0;
    const processes = startEngineProcesses({
      others: {
        count,
        signal: stopping.signal,
        fork: (engine, { heard, ended }) => {
          const fork: Fork = {
            ...{ engine, told: [], wasKilled: false, say: heard },
            end: (how, isRejected = false) => ended({ how, isRejected }),
          };
          forks.push(fork);
          return {
            send: (message) => void fork.told.push(message),
            kill: () => {
              fork.wasKilled = true;
            },
          };
        },
      },
      given: GIVEN,
      world,
      metrics: stub<Metrics>({
        join: (others) => {
          scrape = others;
        },
      }),
      onNoResponse: () => {
        unanswered += 1;
      },
    });
    const engine = (number: number): Fork => {
      const found = forks.findLast((fork) => fork.engine === number);
      if (found === undefined) throw new Error(`engine ${number} was not started`);
      return found;
    };
    return {
      ...{ world, forks, processes, engine },
      abort: () => stopping.abort(),
      scrape: () => scrape(),
      unanswered: () => unanswered,
    };
  };

  it('are numbered from 2, get what they need, and are unhealthy until they state that they work', () => {
    const { forks, engine, processes } = start(2);
    expect(forks.map((fork) => fork.engine)).to.deep.equal([2, 3]);
    expect(engine(3).told).to.deep.equal([GIVEN]);
    engine(3).say({ issue: undefined });
    expect(processes.issues()).to.deep.equal([
      { component: 'engine 2', since: at(0), reason: 'its process is starting' },
    ]);
  });

  it('pass on what keeps an engine from working, and are unhealthy when they fall silent', async () => {
    const { world, engine, processes } = start(1);
    engine(2).say({ issue: { since: at(-5_000), reason: 'the log does not answer' } });
    expect(processes.issues()).to.deep.equal([
      { component: 'engine 2', since: at(-5_000), reason: 'the log does not answer' },
    ]);
    engine(2).say({});
    await world.advance(15_000);
    expect(processes.issues()).to.deep.equal([]);
    await world.advance(1);
    expect(processes.issues()).to.deep.equal([
      { component: 'engine 2', since: at(0), reason: 'its process does not respond' },
    ]);
  });

  it('are started again when they end, after longer and longer pauses, and each end is logged', async () => {
    const { world, forks, engine, processes } = start(1);
    engine(2).say({});
    await world.advance(60_000);
    engine(2).end('SIGKILL');
    const startedAfter: number[] = [];
    for (const pauseMs of [500, 1_000, 2_000]) {
      await world.advance(pauseMs - 1);
      startedAfter.push(forks.length);
      await world.advance(1);
      engine(2).end('exit code 1');
    }
    expect(startedAfter).to.deep.equal([1, 2, 3]);
    await world.advance(0);
    expect(processes.issues()).to.deep.equal([
      { component: 'engine 2', since: at(60_000), reason: 'its process exited: exit code 1' },
    ]);
    expect(world.lines.map(({ level, fields }) => [level, fields])[0]).to.deep.equal([
      'warn',
      { engine: 2, why: 'its process exited: SIGKILL' },
    ]);
    expect(world.lines).to.have.length(4);
  });

  it('are not started again if what they were started with is rejected', async () => {
    const { world, forks, engine, processes } = start(1);
    engine(2).end('exit code 2', true);
    await world.advance(600_000);
    expect(forks).to.have.length(1);
    expect(world.lines.map(({ level }) => level)).to.deep.equal(['error']);
    expect(processes.issues()).to.have.length(1);
  });

  it('stop with the process, which waits for them', async () => {
    const { world, engine, processes, forks, abort } = start(2);
    engine(2).end('exit code 1');
    await world.advance(0);
    abort();
    expect(engine(3).told).to.deep.equal([GIVEN, 'stop']);
    let isStopped = false;
    const stopped = processes.stop().then(() => {
      isStopped = true;
    });
    await world.advance(1_000);
    expect(isStopped).to.equal(false);
    engine(3).end('exit code 0');
    await stopped;
    await world.advance(60_000);
    expect(forks).to.have.length(2);
    expect(world.lines, 'the end that was asked for is no issue').to.have.length(1);
  });

  it('are killed if they take longer to stop than the process may', async () => {
    const { world, engine, processes, abort } = start(1);
    abort();
    await world.advance(5_000);
    const stopped = processes.stop();
    await world.advance(21_999);
    expect(engine(2).wasKilled).to.equal(false);
    await world.advance(1);
    await stopped;
    expect(engine(2).wasKilled).to.equal(true);
  });

  describe('with their metrics', () => {
    const metricsOf = (count: number, gauge: number) => [
      { name: 'c_total', type: 'counter', aggregator: 'sum', values: [{ value: count, labels: {} }] },
      { name: 'g', type: 'gauge', aggregator: 'sum', values: [{ value: gauge, labels: {} }] },
    ];
    const valuesIn = (all: readonly MetricsJson[]): Record<string, number> =>
      Object.fromEntries(
        ['c_total', 'g'].map((name) => [
          name,
          all
            .flat()
            .filter((each) => each.name === name)
            .flatMap((each) => ('values' in each && Array.isArray(each.values) ? each.values : []))
            .reduce((sum, { value }) => sum + value, 0),
        ]),
      );

    it('answer a scrape', async () => {
      const { engine, scrape } = start(1);
      expect(await scrape(), 'while it starts').to.deep.equal([[], []]);
      engine(2).say({});
      const [first, second] = [scrape(), scrape()];
      expect(engine(2).told.filter((message) => message === 'metrics')).to.have.length(1);
      engine(2).say({ metrics: metricsOf(5, 7) });
      expect(valuesIn(await first)).to.deep.equal({ c_total: 5, g: 7 });
      expect(await second).to.deep.equal(await first);
    });

    it('keep earlier counts if one does not respond within a second, and count that', async () => {
      const { world, engine, scrape, unanswered } = start(1);
      engine(2).say({});
      const responded = scrape();
      engine(2).say({ metrics: metricsOf(5, 7) });
      await responded;
      const silent = scrape();
      await world.advance(1_000);
      expect(valuesIn(await silent)).to.deep.equal({ c_total: 5, g: 0 });
      expect(unanswered()).to.equal(1);
    });

    it('keep what was counted by a process that has ended', async () => {
      const { world, engine, scrape } = start(1);
      for (const count of [5, 6]) {
        engine(2).say({});
        const responded = scrape();
        engine(2).say({ metrics: metricsOf(count, 7) });
        await responded;
        engine(2).end('SIGKILL');
        await world.advance(10_000);
      }
      expect(valuesIn(await scrape())).to.deep.equal({ c_total: 11, g: 0 });
    });
  });
});
