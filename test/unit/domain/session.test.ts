import { expect } from 'chai';
import type { EndedSessions, SessionEvent } from '../../../src/domain/events/index.ts';
import { decideEndSession, decideEndSessions, hasBeenEnded, type SessionSpan } from '../../../src/domain/session.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { specOf } from '../../support/given.ts';

const evolve = (_state: EndedSessions | undefined, event: SessionEvent): EndedSessions => event.data;
const { given } = specOf<EndedSessions | undefined, SessionEvent>(undefined, evolve);
const nowMs = Date.parse('2026-03-02T10:00:00.000Z');
const MINUTE_MS = 60_000;
const owner = { tenant: 'acme', callerId: 'idp|7' };
const session = (minutesAgo: number, sessionId = `of ${minutesAgo}`): SessionSpan => ({
  sessionId,
  signedInAtMs: nowMs - minutesAgo * MINUTE_MS,
  expiresAtMs: nowMs + (60 - minutesAgo) * MINUTE_MS,
});
const written = ({ sessionId, signedInAtMs, expiresAtMs }: SessionSpan): EndedSessions['signedOut'][number] => ({
  sessionId,
  signedInAt: toInstant(signedInAtMs),
  expiresAt: toInstant(expiresAtMs),
});
const signOut =
  (of: SessionSpan, atMs = nowMs) =>
  (state: EndedSessions | undefined) =>
    decideEndSession({ ...owner, ...of }, state, atMs);
const signedOut = (...sessions: readonly SessionSpan[]): SessionEvent => ({
  type: 'SessionEnded',
  data: { ...owner, signedOut: sessions.map(written) },
});
const allEnded = (atMs: number): SessionEvent => ({
  type: 'SessionsEnded',
  data: { ...owner, signedInUntil: toInstant(atMs), signedOut: [] },
});

describe('end session', () => {
  it('records which one, once', () => {
    given()
      .when(signOut(session(5)))
      .thenOnce(signedOut(session(5)));
  });
  it('keeps those that ended before, until they would have expired', () => {
    given(signedOut(session(50), session(5)))
      .when(signOut(session(1)))
      .then(signedOut(session(50), session(5), session(1)));
    given(signedOut(session(50), session(5)))
      .when(signOut(session(1), nowMs + 10 * MINUTE_MS))
      .then(signedOut(session(5), session(1)));
  });
  it('records nothing of one that has expired, or that an administrator ended', () => {
    given()
      .when(signOut(session(60)))
      .thenNothing();
    given(allEnded(nowMs))
      .when(signOut(session(1)))
      .thenNothing();
  });
  it('remembers 100, and ends what began until the oldest of more did', () => {
    let state: EndedSessions | undefined;
    for (let count = 0; count <= 100; count++) {
      const [event] = signOut(session(59 - count / 2, `number ${count}`))(state);
      if (event !== undefined) state = evolve(state, event);
    }
    expect(state?.signedOut).to.have.length(100);
    expect(state?.signedInUntil).to.equal(toInstant(session(59).signedInAtMs));
    for (let count = 0; count <= 100; count++) {
      expect(hasBeenEnded(session(59 - count / 2, `number ${count}`), state), `number ${count}`).to.equal(true);
    }
    expect(hasBeenEnded(session(8.75, 'another'), state)).to.equal(false);
  });
});

describe('end all sessions of a user', () => {
  it('ends those that have begun, and none that begins later', () => {
    const [ended] = decideEndSessions(owner, nowMs);
    expect(ended).to.deep.equal(allEnded(nowMs));
    expect(hasBeenEnded(session(0), ended?.data)).to.equal(true);
    expect(hasBeenEnded(session(-1), ended?.data)).to.equal(false);
    given(allEnded(nowMs))
      .when(signOut(session(-1), nowMs + 2 * MINUTE_MS))
      .then({ type: 'SessionEnded', data: { ...allEnded(nowMs).data, signedOut: [written(session(-1))] } });
  });
});
