import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { createSeal, isSealed, type SealingKeys } from '../../../../src/http/sessions/session.ts';
import { NOW_MS } from '../../../support/http.ts';
import { manualWorld } from '../../../support/world.ts';

const Content = z.object({ user: z.string() });
const ringOf = (...ids: readonly string[]): SealingKeys => {
  const keys = ids.map((id) => ({ id, key: Buffer.alloc(32, id) }));
  const [current] = keys;
  if (current === undefined) throw new Error('a ring needs a key');
  return { current, find: (id) => keys.find((key) => key.id === id) };
};

const bytesOf = (sealed: string): string[] =>
  sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));

describe('a seal', () => {
  const { clock } = manualWorld({ nowMs: NOW_MS });
  const sealOf = (keys: SealingKeys, purpose = 'session') => createSeal({ keys, purpose, content: Content, clock });
  const seal = sealOf(ringOf('a'));

  it('opens what it sealed, in any process that has the keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (user) => {
        const sealed = await seal.seal({ user }, NOW_MS + 5_000);
        expect(isSealed(sealed)).to.equal(true);
        expect(await sealOf(ringOf('b', 'a')).open(sealed)).to.deep.equal({
          content: { user },
          expiresAtMs: NOW_MS + 5_000,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('shows nothing of it', async () => {
    const sealed = await seal.seal({ user: 'ada-lovelace' }, NOW_MS + 5_000);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).to.not.include('ada-lovelace');
  });

  it('opens nothing that was changed anywhere', async () => {
    const sealed = await seal.seal({ user: 'ada' }, NOW_MS + 5_000);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom('A', 'B', '.', '-', ''), async (at, letter) => {
        const changed = `${sealed.slice(0, at)}${letter}${sealed.slice(at + 1)}`;
        // The last letter of a part has bits that stand for nothing.
        const isSame = bytesOf(changed).join() === bytesOf(sealed).join();
        if (!isSame) expect(await seal.open(changed)).to.equal(undefined);
      }),
      { numRuns: 300 },
    );
  });

  it('opens nothing of another key, another purpose or an earlier time', async () => {
    const sealed = await seal.seal({ user: 'ada' }, NOW_MS + 5_000);
    expect(await sealOf(ringOf('b')).open(sealed)).to.equal(undefined);
    expect(await sealOf(ringOf('a'), 'sign-in').open(sealed)).to.equal(undefined);
    expect(await seal.open(await seal.seal({ user: 'ada' }, NOW_MS))).to.equal(undefined);
    const other = createSeal({ keys: ringOf('a'), purpose: 'session', content: z.object({ name: z.string() }), clock });
    expect(await other.open(sealed)).to.equal(undefined);
  });

  it('takes no JWT or API token for something sealed', () => {
    for (const text of ['a.b.c', 'eyJ.e30.c2ln', 'car_5_secret', '', '....', 'a..b.c', 'a.b.c.d.e']) {
      expect(isSealed(text), text).to.equal(false);
    }
  });
});
