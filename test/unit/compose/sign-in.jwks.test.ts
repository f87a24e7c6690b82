import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import type { JSONWebKeySet, JWK } from 'jose';
import { KeysUnavailable, publishedKeys } from '../../../src/compose/sign-in.ts';
import { manualWorld } from '../../support/world.ts';

const RETRY_MS = 30_000;
const FRESH_MS = 600_000;
const USABLE_MS = 3_600_000;

const signingKey = (kid: string, publicKey: KeyObject, alg?: string): JWK => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  ...(alg === undefined ? {} : { alg }),
});
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

const provider = (sets: (readonly JWK[] | Error)[]) => {
  const world = manualWorld();
  let requested = 0;
  const keys = publishedKeys(async () => {
    const set = sets[Math.min(requested++, sets.length - 1)] ?? [];
    if (set instanceof Error) throw set;
    return { keys: [...set] };
  }, world.clock);
  return { keys, world, asked: () => requested };
};

describe('published keys', () => {
  it('are found by their id and fit their algorithm', async () => {
    const { keys } = provider([[signingKey('r', rsa), signingKey('e', ec, 'ES256')]]);
    expect((await keys({ alg: 'RS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    expect((await keys({ alg: 'PS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    expect((await keys({ alg: 'ES256', kid: 'e' }))?.equals(ec)).to.equal(true);
    expect(await keys({ alg: 'ES384', kid: 'e' })).to.equal(undefined);
    expect(await keys({ alg: 'ES256', kid: 'r' })).to.equal(undefined);
    expect(await keys({ alg: 'HS256', kid: 'r' })).to.equal(undefined);
    expect(await keys({ alg: 'RS256', kid: undefined })).to.equal(undefined);
  });

  it('need no id if there is one key', async () => {
    const { keys } = provider([[signingKey('r', rsa)]]);
    expect((await keys({ alg: 'RS256', kid: undefined }))?.equals(rsa)).to.equal(true);
  });

  it('are fetched once for many, and again for an unknown id, but not at every caller’s will', async () => {
    const { keys, world, asked: requested } = provider([[], [signingKey('r', rsa)]]);
    await Promise.all([1, 2, 3].map(() => keys({ alg: 'RS256', kid: 'r' })));
    await keys({ alg: 'RS256', kid: 'made up' });
    expect(requested()).to.equal(1);
    await world.advance(RETRY_MS);
    expect((await keys({ alg: 'RS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    expect(requested()).to.equal(2);
  });

  it('are used on if the provider is away, and abandoned if it left them out', async () => {
    const { keys, world } = provider([[signingKey('r', rsa)], new Error('away'), []]);
    await keys({ alg: 'RS256', kid: 'r' });
    await world.advance(USABLE_MS + 1);
    expect((await keys({ alg: 'RS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    await world.advance(RETRY_MS + 1);
    expect(await keys({ alg: 'RS256', kid: 'r' })).to.equal(undefined);
  });

  it('are fetched again in the background while they are not old', async () => {
    const { keys, world, asked: requested } = provider([[signingKey('r', rsa)], []]);
    await keys({ alg: 'RS256', kid: 'r' });
    await world.advance(FRESH_MS + 1);
    expect((await keys({ alg: 'RS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    expect(requested()).to.equal(2);
    expect(await keys({ alg: 'RS256', kid: 'r' })).to.equal(undefined);
  });

  it('do not delay known tokens while an unknown id is fetched', async () => {
    const world = manualWorld();
    const response = Promise.withResolvers<JSONWebKeySet>();
    const sets = [Promise.resolve({ keys: [signingKey('r', rsa)] }), response.promise];
    const keys = publishedKeys(() => sets.shift() ?? response.promise, world.clock);
    await keys({ alg: 'RS256', kid: 'r' });
    await world.advance(RETRY_MS);
    const unknown = keys({ alg: 'RS256', kid: 'made up' });
    expect((await keys({ alg: 'RS256', kid: 'r' }))?.equals(rsa)).to.equal(true);
    response.resolve({ keys: [signingKey('r', rsa)] });
    expect(await unknown).to.equal(undefined);
  });

  it('are missed if the provider was never reached', async () => {
    const { keys } = provider([new Error('away')]);
    const failed = await keys({ alg: 'RS256', kid: 'r' }).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(KeysUnavailable);
  });
});
