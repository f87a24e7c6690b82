import { expect } from 'chai';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { allProjections } from '../../src/projections/all.ts';
import { listProjections } from '../../src/projections/list-projections.ts';
import { listParked } from '../../src/projections/parked.ts';
import { documents } from '../../src/projections/read-models/documents.ts';
import { codec } from '../support/codec.ts';
import { applicationCreated, history, metadata, type Step } from '../support/histories.ts';
import { dump, LOG_ID, openProjecting, type Projecting } from '../support/projecting.ts';
import { mended, spoil } from '../support/spoiled.ts';

const steps = (jobId: number, ...all: Step['step'][]): Step[] => all.map((step) => ({ jobId, step }));

describe('read models of a log with parked streams', () => {
  let projecting: Projecting;
  beforeEach(async () => {
    projecting = await openProjecting();
  });
  afterEach(() => projecting.close());

  const parkedBy = async () =>
    (await listProjections(projecting)).map(({ name, parked }) => [
      name,
      parked.map(({ stream }) => stream).toSorted(),
    ]);
  const generations = async () => (await listProjections(projecting)).map(({ live }) => live?.generation);

  it('continue with other streams, report the parked ones, and are rebuilt by a release that reads them', async () => {
    const { pool, log, lines } = projecting;
    const first = history([...steps(1, 'claim', 'succeed'), ...steps(2, 'claim')]);
    const all = history([
      ...steps(1, 'claim', 'succeed'),
      ...steps(2, 'claim'),
      ...steps(2, 'succeed', 'claim', 'fail'),
    ]);
    const runner = projecting.run();
    await projecting.append(first);
    for (const stream of ['job-1', 'runs-1', 'app-2']) spoil(log, stream);
    await projecting.reach(await projecting.append(all.slice(first.length)));
    const { executions } = await projecting.queries.statistics({ tenant: EVERY_TENANT });
    expect(executions).to.include({ succeeded: 2, failed: 1, running: 0 });
    expect(await parkedBy()).to.deep.equal([
      ['documents', ['app-2']],
      ['jobs', ['job-1']],
      ['schedule', ['app-2', 'job-1', 'runs-1']],
      ['executions', ['runs-1']],
      ['ledger', ['job-1', 'runs-1']],
      ['backfills', ['runs-1']],
      ['alerts', []],
      ['changes', ['app-2', 'job-1', 'runs-1']],
      ['rejections', []],
      ['hooks', ['runs-1']],
      ['offers', ['runs-1']],
    ]);
    expect(runner.status().map(({ state }) => state)).to.deep.equal(allProjections.map(() => 'running'));
    await runner.stop();

    // A start of the same release changes nothing.
    const same = projecting.run();
    await projecting.reach(log.end() ?? '');
    await same.stop();
    expect(await generations()).to.deep.equal(allProjections.map(() => 1));

    const store = projecting.storeWith({}, mended(codec));
    projecting.run({ store });
    await projecting.until(async () => (await generations()).every((generation) => generation === 2));
    expect((await parkedBy()).flatMap(([, streams]) => streams)).to.deep.equal([]);
    const parked = await listParked(pool, LOG_ID);
    expect(parked.map(({ readMs }) => readMs !== undefined)).to.deep.equal([true, true, true]);
    const versions = (await dump(pool, allProjections)).job_versions ?? [];
    expect(versions.filter((row) => row.startsWith('(1,'))).to.have.length(2);
    expect(lines.map(({ message }) => message)).to.include(
      'parked streams can be read again; rebuilding projections with them',
    );
  });

  it('keep documents of all other objects if an event requires a newer reader, and that one once it is read', async () => {
    const created = (id: number) => ({
      stream: `app-${id}`,
      event: applicationCreated(id, '2026-11-24T12:00:00.000Z'),
    });
    const runner = projecting.run();
    await projecting.append([
      created(1),
      { ...created(1), metadata: { ...metadata, minReader: 99 } },
      created(2),
      { ...created(2), metadata },
    ]);
    const revisions = async () => {
      const { rows } = await projecting.pool.query<{ key: string; revision: number }>(
        `SELECT key, revision FROM documents_v${documents.shape}.documents WHERE kind = 'application' ORDER BY key`,
      );
      return rows.map(({ key, revision }) => `${key}/${revision}`);
    };
    await runner.become('stopped', ['schedule', 'changes']);
    await projecting.until(async () => (await revisions()).includes('app-2/1'));
    expect(await revisions()).to.deep.equal(['app-1/0', 'app-2/1']);
    expect((await parkedBy())[0]).to.deep.equal(['documents', ['app-1']]);
    expect(runner.status()[0]).to.include({ name: 'documents', state: 'running' });
    await runner.stop();

    const newer = createCodec({ schemas: DomainEvent.options, readerLevel: 99 });
    projecting.run({ store: projecting.storeWith({}, newer) });
    await projecting.until(async () => (await generations())[0] === 2);
    expect(await revisions()).to.deep.equal(['app-1/1', 'app-2/1']);
  });
});
