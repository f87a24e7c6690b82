import { expect } from 'chai';
import { type OnStop, StoppedWhileStarting, startParts } from '../../../src/compose/start.ts';
import { manualWorld } from '../../support/world.ts';

describe('the parts of a service', () => {
  const starting = () => {
    const stopping = new AbortController();
    const { timers, advance } = manualWorld();
    const stopped: string[] = [];
    const part = (onStop: OnStop, name: string): void => onStop(async () => void stopped.push(name));
    return { stopping, timers, advance, stopped, part, options: { signal: stopping.signal, timers } };
  };
  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.fail('it started'),
      (error) => error,
    );

  it('are stopped in the reverse order, each although another could not be', async () => {
    const { options, stopped, part } = starting();
    const service = await startParts(async (onStop) => {
      part(onStop, 'log');
      onStop(() => Promise.reject(new Error('it hangs')));
      part(onStop, 'server');
      return { url: 'http://a' };
    }, options);
    expect(service.url).to.equal('http://a');
    expect(await rejection(service.stop())).to.include({ message: 'it hangs' });
    expect(stopped).to.deep.equal(['server', 'log']);
  });

  it('are stopped if one of them does not start', async () => {
    const { options, stopped, part } = starting();
    const failed = startParts(async (onStop) => {
      part(onStop, 'log');
      throw new Error('no rights');
    }, options);
    expect(await rejection(failed)).to.include({ message: 'no rights' });
    expect(stopped).to.deep.equal(['log']);
  });

  it('are abandoned when the signal comes, what is opened after it too', async () => {
    const { options, stopped, part, stopping } = starting();
    const opened = Promise.withResolvers<void>();
    const failed = startParts(async (onStop) => {
      part(onStop, 'server');
      await opened.promise;
      part(onStop, 'database');
      return part(onStop, 'never');
    }, options);
    stopping.abort();
    opened.resolve();
    expect(await rejection(failed)).to.be.instanceOf(StoppedWhileStarting);
    expect(stopped).to.have.members(['server', 'database']);
  });

  it('are abandoned although one of them never ends', async () => {
    const { options, stopped, part, stopping, advance } = starting();
    const failed = rejection(
      startParts(async (onStop) => {
        part(onStop, 'server');
        await new Promise(() => {});
      }, options),
    );
    stopping.abort();
    await advance(3_000);
    expect(await failed).to.be.instanceOf(StoppedWhileStarting);
    expect(stopped).to.deep.equal(['server']);
  });
});
