import { expect } from 'chai';
import { explain, findAmong, seedsFrom } from '../../simulation/find.ts';

const SEEDS = 40;

describe('simulation', () => {
  it(`balances its books over ${SEEDS} seeds`, async () => {
    const found = await findAmong(seedsFrom(1, SEEDS));
    if (found !== undefined) expect.fail((await explain(found)).story);
  });
});
