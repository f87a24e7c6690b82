import { expect } from 'chai';
import { decideSetPause, SetPause } from '../../../src/commands/closures.ts';
import { decideLiftPause, requireAuthority } from '../../../src/domain/closure/pauses.ts';
import type { Pause, PauseEvent } from '../../../src/domain/events/index.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<Pause | undefined, PauseEvent>(undefined, (_state, event) => event.data);
const at = '2026-03-02T10:00:00.000Z';
const later = '2026-03-02T12:00:00.000Z';
const nowMs = Date.parse(at);
const actor = { type: 'user', name: 'bob' } as const;
const createdAt = '2026-03-02T08:00:00.000Z';
const aPause = (other: Partial<Pause> = {}): Pause => ({
  pauseId: 5,
  tenant: 'acme',
  scope: 'tenant',
  createdAt,
  createdBy: 'ann',
  ...other,
});

const pauseSet = (other: Partial<Pause> = {}): PauseEvent => ({ type: 'PauseSet', data: aPause(other) });
const lifted = { liftedAt: at, liftedBy: 'bob' };

const set = (input: object) => () =>
  decideSetPause({ pauseId: 5, tenant: 'acme', actor, pause: SetPause.parse(input) }, nowMs);

describe('set pause', () => {
  it('records the whole pause, from now on', () => {
    given()
      .when(set({ scope: 'tenant', reason: 'Stocktaking', until: '2026-03-02T13:00:00+01:00' }))
      .then(pauseSet({ reason: 'Stocktaking', until: later, createdAt: at, createdBy: 'bob' }));
  });
  it('states what it is of', () => {
    given()
      .when(set({ scope: 'application', of: 3 }))
      .then(pauseSet({ scope: 'application', applicationId: 3, createdAt: at, createdBy: 'bob' }));
    given()
      .when(set({ scope: 'job', of: 7 }))
      .then(pauseSet({ scope: 'job', jobId: 7, createdAt: at, createdBy: 'bob' }));
    given()
      .when(set({ scope: 'target', of: 'API.example.com:443' }))
      .then(pauseSet({ scope: 'target', target: 'api.example.com:443', createdAt: at, createdBy: 'bob' }));
    given()
      .when(set({ scope: 'installation' }))
      .then(pauseSet({ scope: 'installation', createdAt: at, createdBy: 'bob' }));
  });
  it('ends at an instant, on a date in its zone, or after a while', () => {
    const untilOf = (until: string | number, timezone?: string) =>
      decideSetPause(
        {
          pauseId: 5,
          tenant: 'acme',
          actor,
          pause: SetPause.parse({ scope: 'tenant', until }),
          ...(timezone && { timezone }),
        },
        nowMs,
      )[0]?.data.until;
    expect(untilOf('2026-03-02T13:00:00+01:00')).to.equal(later);
    expect(untilOf('2h')).to.equal(later);
    expect(untilOf(7_200_000)).to.equal(later);
    expect(untilOf('2026-12-24')).to.equal('2026-12-24T00:00:00.000Z');
    expect(untilOf('2026-12-24', 'America/New_York')).to.equal('2026-12-24T05:00:00.000Z');
  });
  it('begins at an instant, on a date in its zone, or after a while, from which its length counts', () => {
    const spanOf = (span: object, timezone = 'UTC') => {
      const pause = SetPause.parse({ scope: 'tenant', ...span });
      const [event] = decideSetPause({ pauseId: 5, tenant: 'acme', actor, pause, timezone }, nowMs);
      return [event?.data.from, event?.data.until];
    };
    expect(spanOf({ from: later })).to.deep.equal([later, undefined]);
    expect(spanOf({ from: '2h', until: '1h' })).to.deep.equal([later, '2026-03-02T13:00:00.000Z']);
    expect(spanOf({ from: '2026-12-24', until: '2026-12-27' }, 'America/New_York')).to.deep.equal([
      '2026-12-24T05:00:00.000Z',
      '2026-12-27T05:00:00.000Z',
    ]);
    expect(spanOf({ from: createdAt, until: '2h' }), 'begins now').to.deep.equal([createdAt, later]);
    expect(spanOf({ from: null })).to.deep.equal([undefined, undefined]);
  });
  it('is rejected if it would end before it begins', () => {
    given()
      .when(set({ scope: 'tenant', from: later, until: later }))
      .thenRejected('BAD_RANGE', ['/until']);
  });
  it('states which of its slots are called afterwards', () => {
    given()
      .when(set({ scope: 'tenant', catchUp: 'last' }))
      .then(pauseSet({ catchUp: 'last', createdAt: at, createdBy: 'bob' }));
  });
  it('is rejected if it would have ended', () => {
    given()
      .when(set({ scope: 'tenant', until: at }))
      .thenRejected('UNTIL_IN_PAST');
  });
  for (const input of [
    {},
    { scope: 'job' },
    { scope: 'job', of: 'nightly' },
    { scope: 'tenant', until: '2026-02-30' },
    { scope: 'tenant', until: '2 hours' },
    { scope: 'tenant', of: 'acme' },
    { scope: 'application' },
    { scope: 'application', of: 'crm' },
    { scope: 'target', of: 'https://api.example.com/path' },
    { scope: 'tenant', until: 'tomorrow' },
    { scope: 'tenant', reason: '' },
    { scope: 'tenant', catchUp: 'first' },
  ]) {
    it(`rejects ${JSON.stringify(input)}`, () => expect(SetPause.safeParse(input).success).to.equal(false));
  }
});

describe('lift pause', () => {
  const lift =
    (tenant = 'acme', authority: 'tenant' | 'installation' = 'tenant') =>
    (state: Pause | undefined) =>
      decideLiftPause({ pauseId: 5, tenant, actor, authority }, state, nowMs);
  it('records the pause with its end', () => {
    given(pauseSet({ until: later }))
      .when(lift())
      .thenOnce({ type: 'PauseLifted', data: aPause({ until: later, ...lifted }) });
  });
  it('records the end of a pause that has not begun', () => {
    given(pauseSet({ from: later }))
      .when(lift())
      .thenOnce({ type: 'PauseLifted', data: aPause({ from: later, ...lifted }) });
  });
  it('records nothing if it has ended', () => {
    given(pauseSet({ until: at }))
      .when(lift())
      .thenNothing();
    given(pauseSet(lifted)).when(lift()).thenNothing();
  });
  it('is rejected if there is none, or it belongs to another tenant', () => {
    given().when(lift()).thenRejected('PAUSE_NOT_FOUND');
    given(pauseSet()).when(lift('globex')).thenRejected('PAUSE_NOT_FOUND');
    given(pauseSet()).when(lift('globex', 'installation')).thenRejected('PAUSE_NOT_FOUND');
  });
  it('of the installation needs its authority, whichever tenant that has', () => {
    const before = pauseSet({ scope: 'installation' });
    given(before).when(lift()).thenRejected('FORBIDDEN');
    given(before)
      .when(lift('globex', 'installation'))
      .thenOnce({ type: 'PauseLifted', data: aPause({ scope: 'installation', ...lifted }) });
  });
  it('of other scopes is within the authority of its tenant', () => {
    expect(() => requireAuthority(aPause({ scope: 'target' }), 'tenant')).to.not.throw();
    expect(() => requireAuthority(aPause({ scope: 'installation' }), 'tenant')).to.throw('scheduler:admin');
  });
});
