import { expect } from 'chai';
import { LogUnavailable } from '../../../../src/event-store/errors.ts';
import { eventStoreDbAdapter } from '../../../../src/event-store/eventstoredb/adapter.ts';
import { LogSignInRejected } from '../../../../src/event-store/eventstoredb/failures.ts';

const url = 'esdb+discover://user:hunter2@db.example:2113?tls=true';

const explain = (failure: unknown) => eventStoreDbAdapter.explain(failure, { url, prefix: '' });

describe('what keeps the log from being opened', () => {
  for (const [what, failure, says] of [
    [
      'a log that was away for as long as it was tried',
      new LogUnavailable({ cause: new Error('14 UNAVAILABLE: Server Is Not Ready') }),
      'Not Ready',
    ],
    ['a server that is not there', Object.assign(new Error('14 UNAVAILABLE'), { type: 'unavailable' }), "Can't reach"],
    ['discovery that gave up', new Error('Failed to discover candidate in 10 attempts.'), "Can't reach"],
    ['wrong credentials', new LogSignInRejected(), 'user or password'],
  ] as const) {
    it(`explains ${what}, and shows no password`, () => {
      const explained = explain(failure);
      expect(explained).to.be.instanceOf(Error);
      const text = String(explained);
      expect(text).to.contain(says).and.to.contain('db.example:2113').and.not.to.contain('hunter2');
    });
  }
  it('states once that user or password is wrong, also if a log line shows the cause', () => {
    const cause = new Error('16 UNAUTHENTICATED');
    expect(explain(new LogSignInRejected({ cause }))).to.have.property('cause', cause);
  });

  it('leaves every other failure as it is', () => {
    const failure = new Error('something else');
    expect(explain(failure)).to.equal(failure);
  });
});
