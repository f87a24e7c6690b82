import { expect } from 'chai';
import { LogUnavailable } from '../../../src/event-store/errors.ts';
import { LOG_START } from '../../../src/event-store/port.ts';
import { addJob, asAnn, commandsOver, engineOver, engineTable, jobInput, storeOver } from '../../support/engines.ts';
import { movableLog } from '../../support/moved-logs.ts';
import { manualWorld } from '../../support/world.ts';

const MINUTE_MS = 60_000;

describe('an engine whose log', () => {
  const start = async () => {
    const world = manualWorld();
    const log = movableLog(world.clock);
    let appends = 0;
    const store = storeOver(log, {
      before: (call) => {
        if (call.verb === 'append' && call.append.stream === 'runs-1') appends++;
        // A loop without a pause goes on for ever.
        return appends > 500 ? new Promise(() => {}) : undefined;
      },
    });
    const { engine, calls } = engineOver({ store, world, membership: engineTable(world).membership });
    await engine.start();
    const commands = commandsOver(storeOver(log), world);
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    for (const name of ['first', 'second']) await commands.createJob(asAnn, jobInput(value.applicationId, { name }));
    await world.advance(20_000);
    const callsOf = (jobId: number) => calls.filter(({ claim }) => claim.jobId === jobId).length;
    const before = { appends, calls: callsOf(1) };
    return { world, log, engine, commands, callsOf, before, appends: () => appends };
  };

  it('has an event of a newer version continues after it', async () => {
    const { world, log, engine, commands, callsOf, before, appends } = await start();
    const last = log.streamEvents('runs-1').at(-1);
    if (last === undefined) throw new Error('nothing ran');
    const event = { ...last, id: world.random.uuid(), type: 'ExecutionsForetold' };
    const append = { stream: 'runs-1', expectedRevision: last.revision, events: [] };
    log.append({ append, events: [event] });
    await world.advance(MINUTE_MS);
    expect(callsOf(1) - before.calls).to.equal(12);
    expect(appends() - before.appends).to.be.lessThan(30);
    log.append({
      append: { ...append, expectedRevision: log.streamEvents('runs-1').at(-1)?.revision ?? 0 },
      events: [{ ...event, id: world.random.uuid() }],
    });
    await commands.triggerJob(asAnn, 1);
    await world.advance(MINUTE_MS);
    expect(callsOf(1) - before.calls).to.equal(25);
    await engine.stop(0);
  });
  it('was set back while it runs fails, states why, and makes few appends until then', async () => {
    const { world, log, engine, before, appends } = await start();
    log.setBack(4);
    await world.advance(MINUTE_MS);
    expect(engine.status()).to.deep.include({ state: 'failed' });
    expect(engine.status().why).to.match(/the log was restored to an earlier state/);
    expect(appends() - before.appends).to.be.lessThan(20);
  });
  it('was set back and continued unnoticed fails at the first different event', async () => {
    const { world, log, engine, commands } = await start();
    log.setBack(9);
    for (const name of ['third', 'fourth', 'fifth']) {
      await commands.createJob(asAnn, jobInput(1, { name, pattern: '0 0 1 1 *' }));
    }
    for (let times = 0; times < 4; times++) await commands.triggerJob(asAnn, 1);
    await world.advance(1_000);
    expect(engine.status().why).to.match(/has read a different event at runs-1\/.*then changed/);
  });
  it('is another one than its schedule was read from claims nothing, and states why', async () => {
    const world = manualWorld();
    const log = movableLog(world.clock);
    const commands = commandsOver(storeOver(log), world);
    await commands.createApplication(asAnn, { name: 'crm' });
    const [first] = log.page({ after: LOG_START }).events;
    const position = first?.position ?? LOG_START;
    const started = async (lastEvent: { logId?: string; eventId?: string; position?: string }) => {
      const { engine } = engineOver({
        store: storeOver(log),
        world,
        membership: engineTable(world).membership,
        loadSchedule: async () => ({
          position,
          lastEvent: { logId: 'log', position, eventId: first?.id ?? '', ...lastEvent },
        }),
      });
      await engine.start();
      return engine.status();
    };
    expect((await started({})).state).to.equal('claiming');
    for (const other of [{ logId: 'other' }, { eventId: 'other' }, { position: `9${position.slice(1)}` }]) {
      const { state, why } = await started(other);
      expect(state).to.equal('failed');
      expect(why).to.match(/the read model of the schedule.*empty it so that it reads/);
    }
  });
  it('can not be held against what is known of it continues', async () => {
    const world = manualWorld();
    const log = movableLog(world.clock);
    const store = storeOver(log, {
      before: ({ verb }) => {
        if (verb === 'readAt') throw new LogUnavailable();
      },
    });
    const { engine } = engineOver({ store, world, membership: engineTable(world).membership });
    await engine.start();
    const commands = commandsOver(storeOver(log), world);
    await addJob(commands);
    await world.advance(MINUTE_MS);
    expect(engine.status().state).to.equal('claiming');
    await engine.stop(0);
  });
});
