import { expect } from 'chai';
import { createOutageLog } from '../../../src/runtime/outage.ts';
import { recordingLog } from '../../support/world.ts';

describe('an outage', () => {
  it('is told once when it begins and once when it ends, however many tries fail', () => {
    const { log, lines } = recordingLog();
    const beats = createOutageLog(log, 'heartbeats', { engineId: 'one' });
    const told = () => lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
    beats.worked();
    for (let tries = 0; tries < 5; tries++) beats.failed(new Error('refused'));
    expect(told()).to.deep.equal(['heartbeats fail']);
    beats.worked();
    beats.worked();
    expect(told()).to.deep.equal(['heartbeats fail', 'heartbeats work again']);
    beats.failed(new Error('refused'));
    expect(told()).to.have.length(3);
    expect(lines[0]?.fields).to.deep.include({ engineId: 'one', failures: 1 });
  });
});
