import { Writable } from 'node:stream';
import { expect } from 'chai';
import { runOrExit, type Terminal } from '../../../src/cli/fail.ts';
import { stub } from '../../support/stub.ts';

describe('the error of a command', () => {
  it('keeps its lines, and moves nothing in the terminal', async () => {
    const written: string[] = [];
    const stderr = new Writable({
      write: (chunk, _encoding, done) => {
        written.push(String(chunk));
        done();
      },
    });
    const terminal = stub<Terminal>({ stderr, exitCode: 0 });
    await runOrExit(() => Promise.reject(new Error('it failed: \u001b[2J\rHOLDS\n  Look again.')), terminal);
    expect([written.join(''), terminal.exitCode]).to.deep.equal([
      'carillon: it failed:  [2J HOLDS\n  Look again.\n',
      2,
    ]);
  });
});
