import { expect } from 'chai';
import type { ApiToken } from '../../../../src/domain/events/index.ts';
import { createLogLookup, type LogLookup } from '../../../../src/http/callers/log-lookup.ts';
import { aToken } from '../../../support/tokens.ts';
import { manualWorld } from '../../../support/world.ts';

describe('the look-up of credentials in the log', () => {
  let world: ReturnType<typeof manualWorld>;
  let lookup: LogLookup<number, ApiToken>;
  let recorded: ApiToken | undefined;
  let reads: number[];
  const codeOf = (found: Promise<unknown>): Promise<string> =>
    found.then(
      () => 'found',
      (error) => error.code,
    );

  beforeEach(() => {
    world = manualWorld();
    lookup = createLogLookup('API tokens', world);
    reads = [];
    recorded = aToken();
    lookup.readFrom(async (tokenId) => {
      reads.push(tokenId);
      return recorded;
    });
  });

  it('reads a token once for all requests of a second, and sees its revocation after that', async () => {
    const [first, second] = await Promise.all([lookup.find(5), lookup.find(5)]);
    expect([first, second]).to.deep.equal([recorded, recorded]);
    recorded = aToken({ revokedAt: '2026-03-02T09:00:00.000Z' });
    await world.advance(999);
    expect((await lookup.find(5))?.revokedAt).to.equal(undefined);
    await world.advance(1);
    expect((await lookup.find(5))?.revokedAt).to.equal('2026-03-02T09:00:00.000Z');
    expect(reads).to.deep.equal([5, 5]);
  });
  it('counts the second from when the read began, however long it took', async () => {
    const response = Promise.withResolvers<ApiToken | undefined>();
    lookup.readFrom(() => response.promise);
    const first = lookup.find(5);
    await world.advance(1_500);
    response.resolve(aToken());
    await first;
    lookup.readFrom(async () => undefined);
    expect(await lookup.find(5)).to.equal(undefined);
  });
  it('reads again what this process has changed', async () => {
    await lookup.find(5);
    lookup.forget(5);
    await lookup.find(5);
    expect(reads).to.deep.equal([5, 5]);
  });
  it('keeps no failure: the next request reads again', async () => {
    lookup.readFrom(() => Promise.reject(Object.assign(new Error('away'), { code: 'LOG_UNAVAILABLE' })));
    expect(await codeOf(lookup.find(5))).to.equal('LOG_UNAVAILABLE');
    lookup.readFrom(async () => recorded);
    expect(await lookup.find(5)).to.equal(recorded);
  });
  it('abandons a log that does not respond within 3 s', async () => {
    lookup.readFrom(() => new Promise(() => {}));
    const found = codeOf(lookup.find(5));
    await world.advance(3_000);
    expect(await found).to.equal('LOG_UNAVAILABLE');
  });
  it('states that it is starting until the log is open', async () => {
    expect(await codeOf(createLogLookup('API tokens', world).find(5))).to.equal('STARTING');
  });
  it('returns the last result, polls once a second, and keeps it while the log is unavailable', async () => {
    expect([lookup.peek(5), lookup.peek(5)]).to.deep.equal([undefined, undefined]);
    await world.advance(0);
    expect(lookup.peek(5)).to.equal(recorded);
    expect(reads).to.deep.equal([5]);
    lookup.readFrom(async (tokenId) => {
      reads.push(tokenId);
      throw new Error('the log is away');
    });
    for (const ms of [1_000, 500, 499]) {
      await world.advance(ms);
      expect(lookup.peek(5)).to.equal(recorded);
    }
    expect(reads).to.deep.equal([5, 5]);
    const revoked = aToken({ revokedAt: '2026-03-02T09:00:00.000Z' });
    lookup.readFrom(async () => revoked);
    await world.advance(1);
    expect(lookup.peek(5)).to.equal(recorded);
    await world.advance(0);
    expect(lookup.peek(5)).to.equal(revoked);
  });
  it('remembers 10,000 ids, and forgets the one that was read first', async () => {
    for (let id = 1; id <= 10_001; id++) await lookup.find(id);
    await lookup.find(10_001);
    await lookup.find(2);
    expect(reads.length).to.equal(10_001);
    await lookup.find(1);
    expect(reads.length).to.equal(10_002);
  });
});
