import { expect } from 'chai';
import { createLogHeartbeat } from '../../../src/engine/cluster/heartbeats.ts';
import type { EngineContext, EngineSetup } from '../../../src/engine/context.ts';
import type { Gate } from '../../../src/engine/gate.ts';
import { createIntake } from '../../../src/engine/intake.ts';
import { createValueTable } from '../../../src/engine/jobs/application-values.ts';
import { createClosureTable } from '../../../src/engine/jobs/closures.ts';
import { createDefinitions } from '../../../src/engine/jobs/definitions.ts';
import { newRecord } from '../../../src/engine/jobs/job-records.ts';
import { createParking } from '../../../src/engine/jobs/parking.ts';
import type { StartGuard } from '../../../src/engine/start-guard.ts';
import type { Codec } from '../../../src/event-store/codec.ts';
import { LogMismatch } from '../../../src/event-store/errors.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { codec } from '../../support/codec.ts';
import { asAnn, inMemory, jobInput, storeOver } from '../../support/engines.ts';
import { aJobTable } from '../../support/job-tables.ts';
import { spoil, takeNewer } from '../../support/spoiled.ts';
import { stub } from '../../support/stub.ts';
import { settle } from '../../support/world.ts';

describe('the intake', () => {
  /** The tables of an engine, and a log with an application, to which every event is new if not said otherwise. */
  const given = async () => {
    const around = { owns: true, isNew: true, taken: 0, told: 0 };
    const { world, log, store, commands } = inMemory();
    const closures = createClosureTable();
    const values = createValueTable();
    const parking = createParking();
    const failures: unknown[] = [];
    const state = stub<EngineContext['state']>({ fail: (error) => void failures.push(error) });
    const table = aJobTable(world.clock, { owns: () => around.owns, parking, state, values, closures });
    const definitions = createDefinitions(stub<EngineSetup>({ store, definitionBytes: 1_000_000 }), parking);
    const beats: (readonly [string, number])[] = [];
    const checked: string[] = [];
    const heard: string[] = [];
    const reached: string[] = [];
    /** An intake of the whole log. */
    const start = async (from: EventStore = store) => {
      const members = stub<EngineContext['members']>({
        hearInLog: (engineId, revision) => void beats.push([engineId, revision]),
        tellTaken: () => {
          around.told += 1;
        },
      });
      const logCheck = stub<EngineContext['logCheck']>({
        saw: ({ position }) => {
          checked.push(position);
          return around.isNew;
        },
      });
      const stopping = new AbortController();
      const context = {
        store: from,
        table,
        values,
        definitions,
        closures,
        parking,
        members,
        logCheck,
        stopping: stopping.signal,
      };
      const guard = stub<StartGuard>({ hear: ({ type }) => void heard.push(type) });
      const gate = stub<Gate>({ reach: (position) => void reached.push(position) });
      const intake = createIntake(stub<EngineContext>({ ...context, guard, gate }));
      const taken = (): void => {
        around.taken++;
      };
      void intake(undefined, taken).catch((error: unknown) => failures.push(error));
      await settle();
      return { stop: () => stopping.abort() };
    };
    const { value: application } = await commands.createApplication(asAnn, { name: 'crm' });
    const { applicationId } = application;
    const createJob = async (name: string): Promise<number> =>
      (await commands.createJob(asAnn, jobInput(applicationId, { name }))).value.job.jobId;
    const tables = { table, values, parking, definitions, closures };
    return {
      world,
      log,
      store,
      commands,
      applicationId,
      createJob,
      start,
      tables,
      beats,
      checked,
      heard,
      reached,
      failures,
      around,
    };
  };

  it('takes jobs, their runs and the values of applications into the tables, and reaches the log’s end', async () => {
    const { log, commands, applicationId, createJob, start, tables, reached, around } = await given();
    const intake = await start();
    const jobId = await createJob('sync');
    await commands.setVariable(asAnn, applicationId, 'REGION', { value: 'eu' });
    const { revision } = await commands.triggerJob(asAnn, jobId);
    const before = around.taken;
    await settle();
    const job = tables.table.get(jobId);
    expect(job).to.deep.include({ status: 'enabled', jobRevision: 0, runsRevision: revision });
    expect(job?.runs.open.map(({ state }) => state)).to.deep.equal(['pending']);
    expect(tables.definitions.get(jobId)?.definition.name).to.equal('sync');
    expect(tables.values.of(applicationId).values.variables.get('REGION')).to.equal('eu');
    expect(reached.at(-1)).to.equal(log.end());
    expect(around.taken).to.be.greaterThan(before);
    intake.stop();
  });

  it('reaches each event on its way to the log’s end', async () => {
    const { log, createJob, start, reached } = await given();
    const jobIds = [await createJob('first'), await createJob('second')];
    const intake = await start();
    const positions = jobIds.flatMap((jobId) => log.streamEvents(`job-${jobId}`)).map(({ position }) => position);
    expect(reached).to.include.members(positions);
    intake.stop();
  });

  it('takes events that it has seen before without doubting the log', async () => {
    const { commands, createJob, start, tables, around, failures } = await given();
    const first = await start();
    const jobId = await createJob('sync');
    const { revision } = await commands.triggerJob(asAnn, jobId);
    await settle();
    first.stop();
    around.isNew = false;
    const again = await start();
    expect(failures).to.deep.equal([]);
    expect(tables.table.get(jobId)?.runsRevision).to.equal(revision);
    again.stop();
  });

  it('fails if the log delivers a different run event at a known revision', async () => {
    const { createJob, start, failures } = await given();
    const first = await start();
    await createJob('sync');
    await settle();
    first.stop();
    await start();
    expect(failures).to.have.length(1);
    expect(failures[0]).to.be.instanceOf(LogMismatch);
  });

  it('has the engine report applied calendars and pauses, and nothing else', async () => {
    const { commands, createJob, start, around, tables } = await given();
    const jobId = await createJob('first');
    await start();
    expect(around.told).to.equal(0);
    await commands.setPause(asAnn, { scope: 'tenant' }, 'tenant');
    await settle();
    expect(around.told).to.equal(1);
    const job = tables.table.get(jobId) ?? expect.fail('the job is not known');
    expect(tables.closures.isPaused(job, 0)).to.equal(true);
  });
  it('receives releases, and other events of the location of the log', async () => {
    const { commands, start, heard } = await given();
    const intake = await start();
    await commands.releaseEngines(asAnn);
    await settle();
    expect(heard).to.deep.equal(['EnginesReleased']);
    intake.stop();
  });

  it('receives the heartbeats of other engines, so that it does not check the log', async () => {
    const { world, log, store, start, beats, checked, reached } = await given();
    const intake = await start();
    const before = checked.length;
    const beatOfOther = createLogHeartbeat(stub<EngineSetup>({ store, engineId: 'other', world }));
    await beatOfOther();
    await beatOfOther();
    await settle();
    expect(beats).to.deep.equal([
      ['other', 0],
      ['other', 1],
    ]);
    expect(checked.length).to.equal(before);
    expect(reached.at(-1)).to.equal(log.end());
    intake.stop();
  });

  it('parks what can not be read, reaches beyond it, and continues with the rest', async () => {
    const { log, createJob, start, tables, reached, failures, applicationId } = await given();
    const bad = await createJob('bad');
    spoil(log, `job-${bad}`);
    const spoiledAt = log.end();
    const good = await createJob('good');
    const intake = await start();
    expect(reached).to.include(spoiledAt);
    expect(reached.at(-1)).to.equal(log.end());
    expect([bad, good].map((jobId) => tables.parking.holds(newRecord(jobId, 'acme', applicationId)))).to.deep.equal([
      true,
      false,
    ]);
    expect(tables.table.get(good)?.status).to.equal('enabled');
    expect(failures).to.deep.equal([]);
    intake.stop();
  });

  it('leaves run events undecoded of a job that another engine owns, and reaches beyond them', async () => {
    const { log, commands, createJob, start, tables, around, reached } = await given();
    const jobId = await createJob('sync');
    const decoded: string[] = [];
    const decode: Codec['decode'] = (stored) => {
      decoded.push(stored.stream);
      return codec.decode(stored);
    };
    const intake = await start(storeOver(log, {}, { ...codec, decode }));
    around.owns = false;
    decoded.length = 0;
    const { revision } = await commands.triggerJob(asAnn, jobId);
    await settle();
    expect([decoded, reached.at(-1)]).to.deep.equal([[], log.end()]);
    around.owns = true;
    tables.table.armAll();
    expect(tables.table.get(jobId)?.runsRevision).to.equal(revision);
    expect(decoded).to.deep.equal([`runs-${jobId}`]);
    intake.stop();
  });

  it('keeps the last run event that it knows of such a job, behind one that only a newer release knows', async () => {
    const { log, commands, createJob, start, tables, around } = await given();
    const intake = await start();
    const jobId = await createJob('sync');
    await settle();
    around.owns = false;
    const { revision } = await commands.triggerJob(asAnn, jobId);
    takeNewer(log, `runs-${jobId}`);
    await settle();
    around.owns = true;
    tables.table.armAll();
    expect(tables.table.get(jobId)?.runsRevision).to.equal(revision);
    intake.stop();
  });

  it('parks a stream of which it has left an event that can not be read, once it owns the job', async () => {
    const { log, createJob, start, tables, around, applicationId } = await given();
    const jobId = await createJob('sync');
    const intake = await start();
    around.owns = false;
    spoil(log, `runs-${jobId}`);
    await settle();
    expect(tables.parking.holds(newRecord(jobId, 'acme', applicationId))).to.equal(false);
    around.owns = true;
    tables.table.armAll();
    expect(tables.parking.holds(newRecord(jobId, 'acme', applicationId))).to.equal(true);
    intake.stop();
  });

  it('fails with what ended its subscription', async () => {
    const { log, start, failures } = await given();
    const newer = new Error('needs a newer reader');
    const decode = () => {
      throw newer;
    };
    await start(storeOver(log, {}, { ...codec, decode }));
    expect(failures).to.deep.equal([newer]);
  });

  it('reads no event after it is stopped, and does not fail', async () => {
    const { createJob, start, tables, failures } = await given();
    const intake = await start();
    intake.stop();
    const jobId = await createJob('sync');
    await settle();
    expect(tables.table.get(jobId)).to.equal(undefined);
    expect(failures).to.deep.equal([]);
  });
});
