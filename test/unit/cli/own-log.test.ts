import { expect } from 'chai';
import { everyFewEvents } from '../../../src/cli/own-log.ts';

describe('progress of log copy', () => {
  const printed = (batch: number, batches: number): string[] => {
    const lines: string[] = [];
    const progress = everyFewEvents((line) => lines.push(line));
    for (let read = 1; read <= batches; read++) progress(read * batch);
    return lines;
  };

  it('has the same number of lines for any batches of the log', () => {
    expect(printed(16, 2_000)).to.deep.equal(['10000 events\n', '20000 events\n', '30000 events\n']);
    expect(printed(2_000, 16)).to.deep.equal(['10000 events\n', '20000 events\n', '30000 events\n']);
    expect(printed(25_000, 1)).to.deep.equal(['25000 events\n']);
  });
});
