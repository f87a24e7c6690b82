import { expect } from 'chai';
import type { ReadModels } from '../../../src/commands/read-models.ts';
import type { SlotHistory } from '../../../src/domain/backfill/backfill.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { addJob, asAnn, commandsOver, engineOver, engineTable, memoryLog, storeOver } from '../../support/engines.ts';
import { codeOf } from '../../support/given.ts';
import { manualWorld } from '../../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const PAST_HOUR = { from: '2026-03-01T09:00:00Z', to: '2026-03-01T10:00:00Z' };

/** A job that is due every ten minutes, and an engine, if it is started. */
const start = async (history: SlotHistory = new Map(), rules: object = {}) => {
  const world = manualWorld({ nowMs: NOW_MS });
  const store = storeOver(memoryLog(world));
  const requested: (readonly number[])[] = [];
  const slotHistory: ReadModels['slotHistory'] = async (_, slotsMs) => {
    requested.push(slotsMs);
    return history;
  };
  const commands = commandsOver(store, world, { readModels: { slotHistory } });
  const { engine, calls } = engineOver({ store, world, membership: engineTable(world).membership });
  const { jobId } = await addJob(commands, { pattern: '*/10 * * * *', ...rules });
  const request = async (body: object = {}) =>
    commands.requestBackfill(asAnn, jobId, { ...PAST_HOUR, reprocess: 'all', ...body });
  const idOf = async (body: object = {}): Promise<number> => {
    const { value } = await request(body);
    return value.kind === 'requested' ? value.backfill.backfillId : expect.fail('it was a dry run');
  };
  const last = async () => (await lastEventOf(store, `runs-${jobId}`)) ?? expect.fail('nothing was recorded');
  const stop = async () => {
    const stopped = engine.stop(0);
    await world.advance(1);
    await stopped;
  };
  const called = () => calls.map(({ claim }) => `${claim.trigger} ${claim.scheduledAt.slice(11, 16)}`);
  return { world, commands, jobId, engine, request, idOf, last, stop, called, calls, asked: requested };
};

describe('request backfill', () => {
  it('calls each slot once, with its own nominal time, in order', async () => {
    const { engine, idOf, world, called, calls, stop, last } = await start();
    await engine.start();
    const backfillId = await idOf({ reason: 'the CRM was down' });
    expect((await last()).metadata).to.include({ reason: 'the CRM was down' });
    await world.advance(5_000);
    expect(called()).to.deep.equal(
      ['10', '20', '30', '40', '50'].map((m) => `backfill 09:${m}`).concat('backfill 10:00'),
    );
    expect(calls.map(({ claim }) => [claim.backfillId, claim.createdBy])[0]).to.deep.equal([backfillId, 'ann']);
    await stop();
  });

  it('lists the slots in a dry run, and records nothing', async () => {
    const { request, last } = await start(new Map([[Date.UTC(2026, 2, 1, 9, 10), 'succeeded']]));
    const before = (await last()).revision;
    const { value, position } = await request({ reprocess: 'none', dryRun: true });
    expect([value.kind === 'dryRun' && value.slots.map((slot) => slot.slice(11, 16)), position]).to.deep.equal([
      ['09:20', '09:30', '09:40', '09:50', '10:00'],
      undefined,
    ]);
    expect((await last()).revision).to.equal(before);
  });

  it('reads the outcomes of the span alone', async () => {
    const { request, asked: requested } = await start();
    await request({ reprocess: 'failed' });
    expect(requested.map((slotsMs) => slotsMs.length)).to.deep.equal([6]);
  });

  it('warns that slots are called one at a time if the executions of the job must not overlap', async () => {
    const { request } = await start();
    expect((await request({ parallel: 2 })).warnings).to.have.length(1);
    const { request: overlapping } = await start(new Map(), { overlap: 'allow' });
    expect((await overlapping({ parallel: 2 })).warnings).to.deep.equal([]);
  });

  it('is rejected for the future, for another tenant and for a job that was deleted', async () => {
    const { request, commands, jobId } = await start();
    expect(await codeOf(request({ to: '2026-03-01T12:00:01Z' }))).to.equal('BAD_RANGE');
    const other = commands.requestBackfill({ ...asAnn, tenant: 'other' }, jobId, PAST_HOUR);
    expect(await codeOf(other)).to.equal('JOB_NOT_FOUND');
    await commands.deleteJob(asAnn, jobId, {});
    expect(await codeOf(request())).to.equal('JOB_NOT_FOUND');
  });
});

describe('cancel backfill', () => {
  it('calls no further slot', async () => {
    const { commands, idOf, jobId, last, engine, world, called, stop } = await start();
    const backfillId = await idOf();
    await commands.cancelBackfill({ ...asAnn, reason: 'wrong day' }, { jobId, backfillId });
    const { type, data, metadata } = await last();
    expect([type, metadata.reason]).to.deep.equal(['BackfillCancelled', 'wrong day']);
    expect(data).to.include({ backfillId, count: 6, reason: 'CANCELLED' });
    await engine.start();
    await world.advance(5_000);
    expect(called()).to.deep.equal([]);
    await stop();
  });

  it('succeeds again after it was cancelled, and records nothing more', async () => {
    const { commands, idOf, jobId, last } = await start();
    const backfillId = await idOf();
    await commands.cancelBackfill(asAnn, { jobId, backfillId });
    const { revision } = await last();
    await commands.cancelBackfill(asAnn, { jobId, backfillId });
    expect((await last()).revision).to.equal(revision);
  });

  it('is rejected once every slot has run, and if there is no such job', async () => {
    const { commands, idOf, jobId, engine, world, called, stop } = await start();
    const backfillId = await idOf();
    await engine.start();
    await world.advance(60_000);
    expect(called()).to.have.length(6);
    const cancel = (context: typeof asAnn) => codeOf(commands.cancelBackfill(context, { jobId, backfillId }));
    expect(await cancel(asAnn)).to.equal('BACKFILL_ENDED');
    expect(await cancel({ ...asAnn, tenant: 'other' })).to.equal('BACKFILL_NOT_FOUND');
    await stop();
  });
});
