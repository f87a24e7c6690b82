import { expect } from 'chai';
import type { Blackouts } from '../../../../src/domain/closure/closure.ts';
import { type ClosureTable, createClosureTable } from '../../../../src/engine/jobs/closures.ts';
import type { LoadSchedule } from '../../../../src/engine/ports.ts';
import { LOG_START } from '../../../../src/event-store/port.ts';
import { readable } from '../../../../src/event-store/read-log.ts';
import { createReadModels } from '../../../simulation/read-models.ts';
import { codec } from '../../../support/codec.ts';
import { asAnn, engineOver, inMemory, jobInput, storeOver } from '../../../support/engines.ts';
import { mended, spoil } from '../../../support/spoiled.ts';

describe('a parked job', () => {
  /** An engine with two jobs of two applications, each called every 5 s. */
  const start = async (deps: { readonly closures?: ClosureTable } = {}) => {
    const {
      world,
      log,
      table: { membership },
      commands,
    } = inMemory();
    const { engine, calls } = engineOver({ store: storeOver(log), world, membership, ...deps });
    await engine.start();
    const jobIds: number[] = [];
    for (const name of ['crm', 'erp']) {
      const { value } = await commands.createApplication(asAnn, { name });
      jobIds.push((await commands.createJob(asAnn, jobInput(value.applicationId))).value.job.jobId);
    }
    const [bad = 0, good = 0] = jobIds;
    const callsOf = (jobId: number) => calls.filter(({ claim }) => claim.jobId === jobId).length;
    const eventsOf = (jobId: number) =>
      log.streamEvents(`runs-${jobId}`).flatMap((raw) => readable(mended(codec).decode(raw)) ?? []);
    return { world, log, membership, engine, commands, bad, good, callsOf, eventsOf };
  };

  it('is one that calendars lead to a slot that is settled: it is no longer called, and everything else continues', async () => {
    const honest = createClosureTable();
    let isAstray = false;
    const untilAMinuteAgo: Blackouts = (afterMs) => [
      { fromMs: Number.NEGATIVE_INFINITY, untilMs: afterMs - 60_000, reason: 'CALENDAR' },
    ];
    const closures: ClosureTable = {
      ...honest,
      closuresOf: (job) => (isAstray && job.applicationId === 1 ? untilAMinuteAgo : honest.closuresOf(job)),
    };
    const { world, engine, bad, good, callsOf, eventsOf } = await start({ closures });
    await world.advance(11_000);
    isAstray = true;
    await world.advance(20_000);
    expect([callsOf(bad), callsOf(good)]).to.deep.equal([2, 6]);
    expect(eventsOf(bad).filter(({ type }) => type === 'ExecutionStarted')).to.have.lengthOf(2);
    expect(engine.parkedJobs()).to.equal(1);
    const told = world.lines.filter(({ message }) => message.includes('is parked'));
    expect(told.map(({ level, fields }) => [level, fields.jobId])).to.deep.equal([['error', bad]]);
    await engine.stop(0);
  });

  /** What read models had when their checkpoint was at the log's end; what is spoiled they passed over. */
  const loadFrom =
    ({ log }: Awaited<ReturnType<typeof start>>, parked: string): LoadSchedule =>
    async (take) => {
      const models = createReadModels();
      const { events } = log.page({ after: LOG_START });
      const known = events.filter(({ data }) => !data.startsWith('☠'));
      models.apply(known.flatMap((raw) => readable(codec.decode(raw)) ?? []));
      models.scheduledJobs().forEach(take);
      return { position: log.end(), parked: [{ stream: parked, readMs: undefined }] };
    };

  for (const [what, family] of [
    ['its definition', 'job'],
    ['its runs', 'runs'],
    ['its application', 'app'],
  ] as const) {
    it(`is not called while ${what} can not be read, and its slots were missed for it once they can`, async () => {
      const started = await start();
      const { world, log, membership, engine, commands, bad, good, callsOf, eventsOf } = started;
      await world.advance(11_000);
      expect([callsOf(bad), callsOf(good)]).to.deep.equal([2, 2]);
      spoil(log, `${family}-${bad}`);
      await world.advance(20_000);
      expect([callsOf(bad), callsOf(good)]).to.deep.equal([2, 6]);
      const rejection = await commands.triggerJob(asAnn, bad).catch((error: unknown) => error);
      expect(rejection).to.include({ code: 'STREAM_PARKED' });
      await commands.triggerJob(asAnn, good);
      const stopped = engine.stop(0);
      await world.advance(1_000);
      await stopped;

      const store = storeOver(log, {}, mended(codec));
      const next = engineOver({ store, world, membership, loadSchedule: loadFrom(started, `${family}-${bad}`) });
      await next.engine.start();
      await world.advance(14_000);
      const after = eventsOf(bad).filter(({ recordedAt }) => recordedAt > world.clock.now() - 15_000);
      expect(after.flatMap((event) => (event.type === 'OccurrencesMissed' ? event.data.reason : []))).to.deep.equal([
        'PARKED',
      ]);
      const late = after.flatMap((event) => (event.type === 'ExecutionStarted' ? (event.data.late ?? 'in time') : []));
      expect(late.slice(0, 2)).to.deep.equal(['PARKED', 'in time']);
      await next.engine.stop(0);
    });
  }

  it('that is still not readable at a start stays parked, and keeps the engine from nothing', async () => {
    const started = await start();
    const { world, log, membership, engine, bad, good } = started;
    await world.advance(6_000);
    spoil(log, `job-${bad}`);
    const stopped = engine.stop(0);
    await world.advance(1_000);
    await stopped;
    const loadSchedule = loadFrom(started, `job-${bad}`);
    const next = engineOver({ store: storeOver(log), world, membership, loadSchedule });
    await next.engine.start();
    await world.advance(11_000);
    expect(next.calls.map(({ claim }) => claim.jobId))
      .to.include(good)
      .and.not.to.include(bad);
    await next.engine.stop(0);
  });

  it('that is found parked when it is claimed holds up none of the others', async () => {
    const { world, log, membership, engine, bad, good, callsOf } = await start();
    await world.advance(11_000);
    expect(callsOf(bad)).to.equal(2);
    const stopped = engine.stop(0);
    await world.advance(1_000);
    await stopped;
    // Nothing of the subscription has come when it claims.
    const silent = Promise.withResolvers<void>();
    spoil(log, `runs-${bad}`);
    const models = createReadModels();
    models.apply(
      log
        .page({ after: LOG_START })
        .events.flatMap((raw) => codec.decode(raw) ?? [])
        .flatMap((e) => ('data' in e ? [e] : [])),
    );
    const faults = { before: ({ verb }: { verb: string }) => (verb === 'page' ? silent.promise : undefined) };
    const next = engineOver({
      store: storeOver(log, faults),
      world,
      membership,
      loadSchedule: async (take) => {
        models.scheduledJobs().forEach(take);
        return { position: log.end() };
      },
    });
    await next.engine.start();
    await world.advance(11_000);
    expect(next.calls.filter(({ claim }) => claim.jobId === good)).to.have.length.greaterThan(1);
    expect(next.calls.map(({ claim }) => claim.jobId)).not.to.include(bad);
    // Nor is it tried again and again.
    expect(world.lines.filter(({ message }) => /could not be claimed/.test(message))).to.deep.equal([]);
    silent.resolve();
    await next.engine.stop(0);
  });

  it('does not block the start of an engine permanently', async () => {
    const { world, log, membership, engine, bad } = await start();
    await engine.stop(0);
    const newer = storeOver(
      log,
      {},
      {
        ...mended(codec),
        decode: () => {
          throw new Error('needs a newer reader');
        },
      },
    );
    const next = engineOver({ store: newer, world, membership });
    await next.engine.start();
    expect(next.engine.status()).to.include({ state: 'failed', why: 'needs a newer reader' });
    expect(bad).to.equal(1);
  });
});
