import { expect } from 'chai';
import { createStartedLines } from '../../../../src/engine/run/started-lines.ts';
import { manualWorld } from '../../../support/world.ts';

describe('the lines of executions that started', () => {
  it('are written together, in order, soon', async () => {
    const world = manualWorld();
    const lines = createStartedLines(world.timers);
    const written: string[] = [];
    for (const line of ['first', 'second']) lines.add(() => written.push(line));
    expect([written, world.pendingTimers()]).to.deep.equal([[], 1]);
    await world.advance(20);
    expect(written).to.deep.equal(['first', 'second']);
  });

  it('are written at once before what is to stand after them, and only then', async () => {
    const world = manualWorld();
    const lines = createStartedLines(world.timers);
    const written: string[] = [];
    lines.add(() => written.push('first'));
    lines.flush();
    expect(written).to.deep.equal(['first']);
    await world.advance(20);
    lines.add(() => written.push('second'));
    await world.advance(20);
    expect(written).to.deep.equal(['first', 'second']);
  });
});
