import { expect } from 'chai';
import { findAmong, seedsFrom } from './find.ts';
import * as bugs from './planted-bugs.ts';
import type { Sabotage } from './sabotage.ts';

/** Within so many seeds each has to be found. */
const SEEDS = 200;

const PLANTED: readonly (readonly [name: string, bug: Sabotage])[] = [
  ['a claim that is appended at any revision', bugs.claimAtAnyRevision],
  ['ids of events that two claimants share', bugs.idsOfStreamAndRevision],
  ['a cursor that a missed range does not move', bugs.cursorLeftBehind],
  ['a reaper that was forgotten', bugs.reaperForgotten],
  ['a late outcome that overwrites', bugs.lateOutcomeOverwrites],
];

describe('a planted bug', function () {
  this.timeout(60_000);
  for (const [name, bug] of PLANTED) {
    it(`is found: ${name}`, async () => {
      const found = await findAmong(seedsFrom(1, SEEDS), bug);
      expect(found?.findings).not.to.equal(undefined);
    });
  }
});
