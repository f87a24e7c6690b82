import { expect } from 'chai';
import { createTokenLookup, type TokenLookup } from '../../../../src/http/tokens/token-caller.ts';
import { aToken } from '../../../support/tokens.ts';
import { type ManualWorld, manualWorld } from '../../../support/world.ts';

describe('the look-up of API tokens', () => {
  let world: ManualWorld;
  let lookup: TokenLookup;
  let lastId: number;
  let looks: number;
  let reads: number[];
  beforeEach(() => {
    world = manualWorld();
    lookup = createTokenLookup(world);
    [lastId, looks, reads] = [5, 0, []];
    lookup.readFrom({
      token: async (tokenId) => {
        reads.push(tokenId);
        return tokenId <= lastId ? aToken({ tokenId }) : undefined;
      },
      lastId: async () => {
        looks += 1;
        return lastId;
      },
    });
  });
  const idOf = async (tokenId: number) => (await lookup.find(tokenId))?.tokenId;

  it('reads no token that was never created, and checks ten times a second which were', async () => {
    expect(await idOf(5)).to.equal(5);
    const tried: Promise<number | undefined>[] = [];
    for (let round = 0; round < 20; round++) {
      tried.push(...Array.from({ length: 500 }, (_, index) => idOf(1_000 + round * 500 + index)));
      await world.advance(50);
    }
    await world.advance(100);
    expect(new Set(await Promise.all(tried))).to.deep.equal(new Set([undefined]));
    expect(reads).to.deep.equal([5]);
    expect(looks).to.be.within(9, 11);
  });

  it('finds a token that another process has just made, immediately and while others are tried', async () => {
    expect(await idOf(6)).to.equal(undefined);
    await world.advance(1_000);
    lastId = 6;
    expect(await idOf(6)).to.equal(6);
    const tried = idOf(999);
    lastId = 7;
    const found = idOf(7);
    await world.advance(100);
    expect([await tried, await found]).to.deep.equal([undefined, 7]);
  });

  it('does not check for tokens that are known', async () => {
    for (const tokenId of [1, 2, 3, 1]) await lookup.find(tokenId);
    expect([looks, reads]).to.deep.equal([1, [1, 2, 3]]);
  });

  it('rejects nothing if the log is silent, and checks again', async () => {
    lookup.readFrom({ token: async () => aToken(), lastId: () => Promise.reject(new Error('away')) });
    const failed = await lookup.find(5).catch((error: Error) => error.message);
    expect(failed).to.equal('away');
    lookup.readFrom({ token: async (tokenId) => aToken({ tokenId }), lastId: async () => 5 });
    const found = idOf(5);
    await world.advance(100);
    expect(await found).to.equal(5);
  });
});
