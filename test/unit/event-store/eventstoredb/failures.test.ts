import { expect } from 'chai';
import { isMissingEvent, isStaleNode } from '../../../../src/event-store/eventstoredb/failures.ts';

describe('a place in $all if no record begins', () => {
  for (const [said, forSubscription, forEvent] of [
    ['2 UNKNOWN: Unexpected ReadAllResult: InvalidPosition', true, true],
    ['3 INVALID_ARGUMENT: Trying to read from an invalid position.', true, true],
    ['2 UNKNOWN: Unexpected ReadAllResult: Error', false, true],
    ['14 UNAVAILABLE: Server Is Not Ready', false, false],
  ] as const) {
    it(`is known by what the server states: ${said}`, () => {
      expect([isStaleNode(new Error(said)), isMissingEvent(new Error(said))]).to.deep.equal([
        forSubscription,
        forEvent,
      ]);
    });
  }
});
