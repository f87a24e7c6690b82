import { once } from 'node:events';
import { expect } from 'chai';
import {
  ConnectionStringRefused,
  closeClient,
  forClient,
  openClient,
  openStream,
} from '../../../../src/event-store/eventstoredb/client.ts';
import { readRequest } from '../../../../src/event-store/eventstoredb/read-messages.ts';

const refusalOf = (connectionString: string): unknown => {
  try {
    return openClient(connectionString);
  } catch (error) {
    return error;
  }
};

describe('connection string of EventStoreDB', () => {
  it('may name the database by its newer name', () => {
    expect(forClient('kurrentdb+discover://node:2113?tls=false')).to.equal('esdb+discover://node:2113?tls=false');
    expect(forClient('esdb://kurrentdb:2113')).to.equal('esdb://kurrentdb:2113');
  });

  for (const broken of [
    'esdb://user:s3cret-pass@node:2113?unknown=1',
    'esdb://user:s3cret-pass@node:port',
    'esdb://user:s3cret-pass@node:1:2',
    'esdb://user:s3cret-pass@node:2113?tls=perhaps',
  ]) {
    it(`is refused without being repeated: ${broken.slice(26)}`, () => {
      const error = refusalOf(broken);
      expect(error).to.be.instanceOf(ConnectionStringRefused);
      expect(`${error} ${JSON.stringify(error)}`).to.not.include('s3cret-pass');
    });
  }
});

describe('client of EventStoreDB', () => {
  it('stays with its node when this side cancels a call', async () => {
    const client = openClient('esdb://127.0.0.1:1?tls=false');
    const cancelled = async (): Promise<unknown> => {
      let used: unknown;
      const stream = await openStream(client, {
        requiresLeader: true,
        begin: (grpcClient, ...args) => {
          used = grpcClient.getChannel();
          return grpcClient.read(readRequest({ stream: 'a', from: 'start', backwards: false, limit: 1 }), ...args);
        },
      });
      const error = once(stream, 'error');
      stream.cancel();
      await error.catch(() => {});
      return used;
    };
    const first = await cancelled();
    expect(first).to.not.equal(undefined);
    expect(await cancelled()).to.equal(first);
    await closeClient(client);
  });
});
