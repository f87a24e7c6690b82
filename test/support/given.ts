import { expect } from 'chai';
import { DomainError } from '../../src/domain/domain-error.ts';

type Evolve<S, E> = (state: S, event: E) => S;

/** Given/when/then for a decider: recorded events, command, expected events. */
export const specOf = <S, E>(initial: S, evolve: Evolve<S, E>) => ({
  given: (...events: readonly E[]) => {
    const state = events.reduce(evolve, initial);
    return {
      when: <D extends E>(decide: (state: S) => readonly D[]) => ({
        then: (...expected: readonly E[]) => {
          const decided = decide(state);
          expect(decided).to.deep.equal(expected);
        },
        /** Records the events once and nothing the second time: the decision is idempotent. */
        thenOnce: (...expected: readonly E[]) => {
          const decided = decide(state);
          expect(decided).to.deep.equal(expected);
          const after = decided.reduce<S>(evolve, state);
          expect(decide(after)).to.deep.equal([]);
        },
        thenNothing: () => expect(decide(state)).to.deep.equal([]),
        /** Expects a rejection with this code and, if pointers are given, of these fields. */
        thenRejected: (code: string, pointers?: readonly string[]) => {
          try {
            decide(state);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
            const named = pointers && error.errors.map(({ pointer }) => pointer);
            expect({ code: error.code, pointers: named }).to.deep.equal({ code, pointers });
            return;
          }
          expect.fail(`not rejected with ${code}`);
        },
      }),
    };
  },
});

/** The code that a command was rejected with. */
export const codeOf = (command: Promise<unknown>): Promise<string> =>
  command.then(
    () => 'was accepted',
    (error: DomainError) => error.code,
  );
