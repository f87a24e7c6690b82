import { expect } from 'chai';
import type { CommandResult } from '../../../../src/commands/command.ts';
import type { Commands } from '../../../../src/commands/index.ts';
import { asAnn, commandsOver, engineOver, inMemory, memoryLog, storeOver } from '../../../support/engines.ts';
import { manualWorld } from '../../../support/world.ts';

const MAX_MS = 5_000;

describe('a change of a calendar or a pause', () => {
  /** Engines over one log, of which the second can be made deaf to it; commands of a process beside them. */
  const start = async (engines = 2) => {
    const { world, log, table } = inMemory();
    const undeaf = Promise.withResolvers<void>();
    let isDeaf = false;
    const deaf = storeOver(log, { before: ({ verb }) => (isDeaf && verb === 'page' ? undeaf.promise : undefined) });
    const started = [storeOver(log), deaf].slice(0, engines).map((store) => {
      return engineOver({ store, world, membership: table.membership }).engine;
    });
    const starting = Promise.all(started.map((engine) => engine.start()));
    await world.advance(3_000);
    await starting;
    const commands = commandsOver(storeOver(log), world, { livingEngines: table.living });
    /** How long the answer takes to come, and what it says. */
    const request = async (change: (commands: Commands) => Promise<CommandResult<unknown>>) => {
      const begunMs = world.clock.monotonic();
      let tookMs = Number.NaN;
      const requested = change(commands).then((result) => {
        tookMs = world.clock.monotonic() - begunMs;
        return result.pendingEngines;
      });
      await world.advance(2 * MAX_MS);
      return { pending: await requested, tookMs };
    };
    const ids = started.map((engine) => engine.status().engineId);
    const become = {
      deaf: () => {
        isDeaf = true;
      },
    };
    return { world, table, ask: request, ids, become };
  };
  const pause = (commands: Commands) => commands.setPause(asAnn, { scope: 'tenant' }, 'tenant');

  it('completes immediately without engines', async () => {
    const { ask: request } = await start(0);
    expect(await request(pause)).to.deep.equal({ pending: [], tookMs: 0 });
  });

  it('completes once every engine has applied it', async () => {
    const { ask: request } = await start();
    for (const change of [
      pause,
      (commands: Commands) => commands.liftPause(asAnn, 1, 'tenant'),
      (commands: Commands) => commands.setCalendar(asAnn, 'holidays', { dates: [] }),
      (commands: Commands) => commands.deleteCalendar(asAnn, 'holidays'),
    ]) {
      const { pending, tookMs } = await request(change);
      expect(pending).to.deep.equal([]);
      expect(tookMs).to.be.below(500);
    }
  });

  it('names the engines that have not taken it in after five seconds, also to who requests it again', async () => {
    const { ask: request, ids, become } = await start();
    become.deaf();
    expect(await request(pause)).to.deep.equal({ pending: [ids[1]], tookMs: MAX_MS });
    const dates = { dates: ['2026-12-24'] };
    await request((commands) => commands.setCalendar(asAnn, 'holidays', dates));
    const again = await request((commands) => commands.setCalendar(asAnn, 'holidays', dates));
    expect(again.pending).to.deep.equal([ids[1]]);
  });

  it('states that it is not known if the engines cannot be listed', async () => {
    const world = manualWorld();
    const commands = commandsOver(storeOver(memoryLog(world)), world, {
      livingEngines: () => Promise.reject(new Error('away')),
    });
    const requested = pause(commands);
    await world.advance(MAX_MS);
    expect((await requested).pendingEngines).to.deep.equal(['unknown']);
  });
});
