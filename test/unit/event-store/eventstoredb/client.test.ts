import { expect } from 'chai';
import { forClient, InvalidConnectionString, openClient } from '../../../../src/event-store/eventstoredb/client.ts';

const rejectionOf = (connectionString: string): unknown => {
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
    it(`is rejected without being repeated: ${broken.slice(26)}`, () => {
      const error = rejectionOf(broken);
      expect(error).to.be.instanceOf(InvalidConnectionString);
      expect(`${error} ${JSON.stringify(error)}`).to.not.include('s3cret-pass');
    });
  }
});
