import { expect } from 'chai';
import { spansOf } from '../../../ui/src/pages/execution/spans.ts';

const second = (n: number): string => new Date(Date.UTC(2026, 0, 1, 2, 0, n)).toISOString();
const ms = (n: number): number => Date.parse(second(n));
const seen = { scheduledAt: second(0), createdAt: second(0), attempt: 1, attempts: [] };

describe('time line of an execution', () => {
  it('is one wait until it begins', () => {
    const pending = { ...seen, status: 'pending', startedAt: null, finishedAt: null } as const;
    expect(spansOf(pending, ms(4))).to.deep.equal([{ kind: 'waited', fromMs: ms(0), toMs: ms(4) }]);
  });

  it('ends now while it runs', () => {
    const running = { ...seen, status: 'running', startedAt: second(1), finishedAt: null } as const;
    expect(spansOf(running, ms(9))).to.deep.equal([
      { kind: 'waited', fromMs: ms(0), toMs: ms(1) },
      { kind: 'running', attempt: 1, fromMs: ms(1), toMs: ms(9) },
    ]);
  });

  it('has each attempt, and the wait for the next one', () => {
    const error = { code: 'HTTP_500', message: 'the target responded with status 500' };
    const waiting = {
      ...seen,
      status: 'pending',
      startedAt: null,
      finishedAt: null,
      attempts: [{ attempt: 1, startedAt: second(1), finishedAt: second(3), status: 500, error }],
      retryAt: second(13),
    } as const;
    expect(spansOf(waiting, ms(4))).to.deep.equal([
      { kind: 'waited', fromMs: ms(0), toMs: ms(1) },
      { kind: 'failed', attempt: 1, fromMs: ms(1), toMs: ms(3), status: 500, error },
      { kind: 'retry', fromMs: ms(3), toMs: ms(13) },
    ]);
  });

  it('begins with the call if that was made before its slot', () => {
    const early = {
      ...seen,
      status: 'running',
      scheduledAt: second(60),
      startedAt: second(1),
      finishedAt: null,
    } as const;
    expect(spansOf(early, ms(2))[0]).to.deep.equal({ kind: 'waited', fromMs: ms(1), toMs: ms(1) });
  });
});
