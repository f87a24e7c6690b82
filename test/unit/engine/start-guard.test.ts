import { expect } from 'chai';
import type { LogHome } from '../../../src/domain/events/index.ts';
import type { EngineDeps } from '../../../src/engine/context.ts';
import { addJob, asAnn, commandsOver, engineOver, inMemory, storeOver } from '../../support/engines.ts';
import { MEMORY_HOME } from '../../support/home.ts';

const ELSEWHERE: LogHome = { ...MEMORY_HOME, store: 'postgres', system: '7002', database: '5' };

describe('an engine that waits for a release', () => {
  /** A log with a job of each 5 seconds, and machines that share it. */
  const given = async () => {
    const {
      world,
      log,
      table: { membership },
    } = inMemory();
    const commandsAt = (home: LogHome = MEMORY_HOME) => commandsOver(storeOver(log), world, { home });
    const start = async (over: Partial<Pick<EngineDeps, 'home' | 'startMode'>> = {}) => {
      const commands = commandsAt(over.home);
      const one = engineOver({ store: storeOver(log), world, membership, commands, ...over });
      await one.engine.start();
      return one;
    };
    await addJob(commandsAt());
    const homeEvents = () =>
      log.streamEvents('home').map(({ type, metadata }) => [type, JSON.parse(metadata).actor.type]);
    return { world, log, start, commandsAt, homeEvents };
  };

  it('claims nothing on a log that came from elsewhere, states why, and calls once it is released', async () => {
    const { world, start, commandsAt, homeEvents } = await given();
    const original = await start();
    await original.engine.stop(0);
    const restored = await start({ home: ELSEWHERE });
    await world.advance(20_000);
    expect(restored.calls).to.deep.equal([]);
    const { state, why, sinceMs } = restored.engine.status();
    expect(state).to.equal('standby');
    expect(why).to.match(/restored copy.*carillon engine release/);
    expect(sinceMs).to.equal(Date.UTC(2026, 0, 1));
    expect(
      world.lines.filter(({ level, message }) => level === 'warn' && message.includes('restored copy')),
    ).to.have.length(1);
    await commandsAt(ELSEWHERE).releaseEngines({ ...asAnn, reason: 'the original is gone' });
    await world.advance(10_000);
    expect(restored.calls).to.have.length.greaterThan(1);
    expect(restored.engine.status().state).to.equal('claiming');
    expect(homeEvents()).to.deep.equal([
      ['HomeRecorded', 'engine'],
      ['EnginesReleased', 'user'],
      ['HomeRecorded', 'engine'],
    ]);
    await restored.engine.stop(0);
  });

  it('leaves its jobs to the engines that run', async () => {
    const { world, start } = await given();
    const running = await start();
    const waiting = await start({ startMode: 'paused' });
    await world.advance(20_000);
    expect(waiting.engine.status().state).to.equal('standby');
    expect(waiting.calls).to.deep.equal([]);
    expect(running.calls).to.have.length(4);
    await Promise.all([running.engine.stop(0), waiting.engine.stop(0)]);
  });

  it('is released with all the others, and stays so after a restart', async () => {
    const { world, start, commandsAt } = await given();
    const [one, other] = [await start({ startMode: 'paused' }), await start({ startMode: 'paused' })];
    await commandsAt().releaseEngines(asAnn);
    await world.advance(1_000);
    expect([one, other].map(({ engine }) => engine.status().state)).to.deep.equal(['claiming', 'claiming']);
    await one.engine.stop(0);
    const again = await start({ startMode: 'paused' });
    expect(again.engine.status().state).to.equal('claiming');
    await Promise.all([other.engine.stop(0), again.engine.stop(0)]);
  });

  it('does not take a release for its own that came before engines ran without `paused`', async () => {
    const { world, start, commandsAt } = await given();
    await commandsAt().releaseEngines(asAnn);
    await (await start()).engine.stop(0);
    const paused = await start({ startMode: 'paused' });
    await world.advance(10_000);
    expect(paused.engine.status().state).to.equal('standby');
    await paused.engine.stop(0);
  });

  it('fails if the log has of its home what this release can not read, and states why', async () => {
    const { world, log, start } = await given();
    await (await start()).engine.stop(0);
    const last = log.streamEvents('home').at(-1);
    if (last === undefined) throw new Error('no home was recorded');
    const append = { stream: 'home', expectedRevision: last.revision, events: [] };
    log.append({ append, events: [{ ...last, id: world.random.uuid(), data: '{"home":{}}' }] });
    const { engine } = await start();
    expect(engine.status()).to.deep.include({ state: 'failed' });
    expect(engine.status().why).to.match(/home/);
    await engine.stop(0);
  });

  it('stops while it waits', async () => {
    const { start } = await given();
    const { engine } = await start({ startMode: 'paused' });
    await engine.stop(0);
    expect(engine.status().state).to.equal('stopped');
  });

  it('never waits after a restart, or as a second engine', async () => {
    const { start, homeEvents } = await given();
    for (const home of [MEMORY_HOME, MEMORY_HOME, { ...MEMORY_HOME, timeline: 2 }]) {
      const { engine } = await start({ home });
      expect(engine.status().state).to.equal('claiming');
    }
    expect(homeEvents()).to.have.length(2);
  });
});
