import { expect } from 'chai';
import fc from 'fast-check';
import {
  afterVerdicts,
  type JobVerdict,
  MAX_ALERTS,
  newAlertBook,
  unnotified,
} from '../../../../src/domain/alert-rule/alert-book.ts';
import {
  afterNotified,
  closeAlertBook,
  dueDeliveries,
  GIVE_UP_MS,
  notificationDueMs,
  planNotification,
} from '../../../../src/domain/alert-rule/notification.ts';
import type { AlertBook, AlertRule } from '../../../../src/domain/events/index.ts';
import { toInstant, toMs } from '../../../../src/domain/values.ts';
import { aRule } from '../../../support/alerts.ts';

const SECOND_MS = 1_000;
const t0 = Date.UTC(2026, 2, 2, 9);
const at = (seconds: number): string => toInstant(t0 + seconds * SECOND_MS);

const judged = (jobId: number, holds: boolean): JobVerdict => ({
  job: { jobId, applicationId: 3, name: `job-${jobId}` },
  verdict: holds ? { holds, sinceMs: t0, summary: 'it fails' } : { holds, reason: 'it works' },
});

/** A book to which things happen, each at so many seconds. */
const bookOf = (other: Partial<AlertRule> = {}) => {
  const rule = aRule(other);
  let book: AlertBook = newAlertBook(rule);
  let notifications = 0;
  const self = {
    judge: (seconds: number, ...verdicts: readonly JobVerdict[]) => {
      book = afterVerdicts(book, { rule, judged: verdicts, nowMs: t0 + seconds * SECOND_MS });
      return self;
    },
    begin: (seconds: number, ...jobs: readonly number[]) => self.judge(seconds, ...jobs.map((id) => judged(id, true))),
    end: (seconds: number, ...jobs: readonly number[]) => self.judge(seconds, ...jobs.map((id) => judged(id, false))),
    /** Sends what is due; gives what it tells by job, and undefined where nothing is due. */
    tell: (seconds: number): Record<number, 'firing' | 'resolved'> | undefined => {
      const notificationId = `n-${notifications}`;
      const planned = planNotification(book, { rule, notificationId, nowMs: t0 + seconds * SECOND_MS });
      if (planned === undefined) return undefined;
      notifications += 1;
      book = planned;
      const told = book.notifications.at(-1)?.alerts ?? [];
      return Object.fromEntries(
        told.map(({ jobId, endedAt }) => [jobId, endedAt === undefined ? 'firing' : 'resolved']),
      );
    },
    attempt: (seconds: number, outcome: 'delivered' | 'failed', index = 0) => {
      const notificationId = book.notifications.at(-1)?.notificationId ?? '';
      const result =
        outcome === 'delivered'
          ? ({ kind: 'delivered', response: '200' } as const)
          : ({ kind: 'failed', code: 'HTTP_500', message: 'the target responded with status 500' } as const);
      const nowMs = t0 + seconds * SECOND_MS;
      book = afterNotified(book, { notificationId, index, outcome: result, nowMs }) ?? book;
      return self;
    },
    delivery: () => book.notifications.at(-1)?.deliveries[0],
    dueAt: () => {
      const dueMs = notificationDueMs(book, rule);
      return dueMs === undefined ? undefined : (dueMs - t0) / SECOND_MS;
    },
    due: (seconds: number) => dueDeliveries(book, rule, t0 + seconds * SECOND_MS).length,
    book: () => book,
    rule,
  };
  return self;
};

describe('the book of an alert rule', () => {
  it('notifies once that a condition began, and once that it ended', () => {
    const book = bookOf().begin(0, 1);
    expect(book.dueAt()).to.equal(30);
    expect(book.tell(29)).to.equal(undefined);
    expect(book.tell(30)).to.deep.equal({ 1: 'firing' });
    book.begin(40, 1);
    expect(book.dueAt()).to.equal(undefined);
    book.end(50, 1);
    expect(book.dueAt(), 'at most every 5 minutes').to.equal(330);
    expect(book.tell(330)).to.deep.equal({ 1: 'resolved' });
    expect(book.book().alerts).to.deep.equal([]);
    expect(book.end(400, 1).dueAt()).to.equal(undefined);
  });

  it('reports all that begins within the group wait by one notification', () => {
    const book = bookOf().begin(0, 1).begin(10, 2, 3).end(20, 2);
    expect(book.tell(30)).to.deep.equal({ 1: 'firing', 2: 'resolved', 3: 'firing' });
    expect(book.tell(31)).to.equal(undefined);
  });

  it('reports nothing of what ends and begins again between two notifications', () => {
    const book = bookOf().begin(0, 1);
    book.tell(30);
    for (let second = 31; second < 300; second += 2) book.end(second, 1).begin(second + 1, 1);
    expect(book.dueAt()).to.equal(undefined);
    expect(book.book().alerts.map(({ notifiedBy, since }) => [notifiedBy, since])).to.deep.equal([['n-0', at(0)]]);
  });

  it('lists 20 alerts, and counts the rest', () => {
    const book = bookOf().begin(0, ...Array.from({ length: 30 }, (_, index) => index + 1));
    expect(Object.keys(book.tell(30) ?? {})).to.have.length(20);
    expect(book.book().notifications[0]?.more).to.equal(10);
    expect(unnotified(book.book())).to.deep.equal([]);
  });

  it('keeps a maximum number of alerts; others begin when one ends', () => {
    const jobs = Array.from({ length: MAX_ALERTS + 1 }, (_, index) => index + 1);
    const book = bookOf().begin(0, ...jobs);
    expect(book.book().alerts).to.have.length(MAX_ALERTS);
    book.tell(30);
    book.end(40, 1);
    book.tell(330);
    expect(
      book
        .begin(340, MAX_ALERTS + 1)
        .book()
        .alerts.at(-1)?.jobId,
    ).to.equal(MAX_ALERTS + 1);
  });

  describe('in maintenance', () => {
    const maintenance = [
      { from: at(100), to: at(200) },
      { from: at(150), to: at(300) },
    ];
    it('reports nothing, and at its end what still holds', () => {
      const book = bookOf({ maintenance }).begin(110, 1, 2).end(250, 2);
      expect(book.dueAt()).to.equal(300);
      expect(book.tell(299)).to.equal(undefined);
      expect(book.tell(300)).to.deep.equal({ 1: 'firing' });
    });
    it('forgets what began and ended in it', () => {
      expect(bookOf({ maintenance }).begin(110, 1).end(120, 1).dueAt()).to.equal(undefined);
    });
    it('reports the end of earlier alerts afterwards', () => {
      const book = bookOf({ maintenance, atMostEvery: 0 }).begin(0, 1);
      book.tell(30);
      book.end(120, 1);
      expect(book.tell(200)).to.equal(undefined);
      expect(book.tell(300)).to.deep.equal({ 1: 'resolved' });
    });
    it('makes no attempt at what is undelivered', () => {
      const book = bookOf({ maintenance }).begin(60, 1);
      book.tell(90);
      book.attempt(91, 'failed');
      expect([book.due(96), book.due(100), book.due(299), book.due(300)]).to.deep.equal([1, 0, 0, 1]);
    });
  });

  describe('delivers', () => {
    it('again after doubling pauses, for up to a day', () => {
      const book = bookOf().begin(0, 1);
      book.tell(30);
      const pauses: number[] = [];
      for (let now = 30; ; ) {
        book.attempt(now, 'failed');
        const next = book.delivery()?.nextAt;
        if (next === undefined) break;
        const nextSeconds = (toMs(next) - t0) / SECOND_MS;
        pauses.push(nextSeconds - now);
        now = nextSeconds;
      }
      expect(pauses.slice(0, 9)).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 640, 900]);
      expect(book.delivery()).to.deep.include({ status: 'abandoned', attempts: pauses.length + 1 });
      const total = pauses.reduce((sum, pause) => sum + pause, 0) * SECOND_MS;
      expect(total)
        .to.be.greaterThan(GIVE_UP_MS - 900 * SECOND_MS)
        .and.at.most(GIVE_UP_MS);
    });
    it('once, regardless of later changes', () => {
      const book = bookOf().begin(0, 1);
      book.tell(30);
      const delivered = book.attempt(31, 'delivered').book();
      expect(book.attempt(32, 'failed').book()).to.equal(delivered);
      expect(book.delivery()).to.deep.include({ status: 'delivered', attempts: 1, response: '200' });
      expect(book.due(10_000)).to.equal(0);
    });
  });

  it('gathers what comes while ten notifications are undelivered', () => {
    const book = bookOf({ groupWait: 0, atMostEvery: 0 });
    for (let job = 1; job <= 12; job++) {
      book.begin(job, job);
      book.tell(job);
    }
    expect(book.book().notifications).to.have.length(10);
    expect(book.dueAt()).to.equal(undefined);
    book.attempt(20, 'delivered');
    expect(book.tell(20)).to.deep.equal({ 11: 'firing', 12: 'firing' });
  });

  it('ends with its rule: nothing is watched, and no one is notified', () => {
    const book = bookOf().begin(0, 1);
    book.tell(30);
    const closed = closeAlertBook(book.book());
    expect(closed.alerts).to.deep.equal([]);
    expect(closed.notifications[0]?.deliveries[0]).to.deep.include({ status: 'abandoned' });
    expect(dueDeliveries(closed, book.rule, t0 + 10_000_000)).to.deep.equal([]);
  });

  const anyStep = fc.record({
    job: fc.integer({ min: 1, max: 3 }),
    what: fc.constantFrom('begin', 'end', 'tell'),
    afterSeconds: fc.integer({ min: 0, max: 200 }),
  });

  it('alternates between firing and resolved for each job', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), fc.boolean(), (steps, isMaintained) => {
        const maintenance = isMaintained ? [{ from: at(300), to: at(900) }] : [];
        const book = bookOf({ maintenance });
        const firing = new Set<number>();
        const lastTold = new Map<number, 'firing' | 'resolved'>();
        let now = 0;
        let notifiedAt = Number.NEGATIVE_INFINITY;
        const tell = () => {
          const told = book.tell(now);
          if (told === undefined) return;
          expect(now - notifiedAt, 'no storm').to.be.at.least(300);
          expect(isMaintained && now >= 300 && now < 900, 'in maintenance').to.equal(false);
          notifiedAt = now;
          for (const [job, state] of Object.entries(told)) {
            // An end may come with its begin; a begin is told only where no other one was told before it.
            if (state === 'firing') expect(lastTold.get(Number(job)), `job ${job}`).to.not.equal('firing');
            lastTold.set(Number(job), state);
          }
        };
        for (const { job, what, afterSeconds } of steps) {
          now += afterSeconds;
          if (what === 'tell') tell();
          else {
            book[what](now, job);
            if (what === 'begin') firing.add(job);
            else firing.delete(job);
          }
        }
        now += 10_000;
        tell();
        for (const job of [1, 2, 3]) {
          const isTold = lastTold.get(job) === 'firing';
          expect(isTold, `job ${job} in the end`).to.equal(firing.has(job));
        }
        expect(unnotified(book.book())).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
