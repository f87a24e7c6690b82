import fc from 'fast-check';
import type { Blackouts } from '../../src/domain/closure/closure.ts';
import { closableBy, createClosureBook, type PauseVersion } from '../../src/domain/closure/closure-book.ts';
import type { CatchUp } from '../../src/domain/events/index.ts';
import { toInstant } from '../../src/domain/values.ts';
import { aJob } from './jobs.ts';

export type PlannedPause = { readonly fromMs: number; readonly untilMs: number; readonly catchUp: CatchUp };

/** What blocks a job for some time. */
export type PausedTimes = {
  readonly pauses: readonly PlannedPause[];
  /** UTC days that its calendar excludes. */
  readonly dates: readonly string[];
  readonly closures: Blackouts;
  readonly isPausedAt: (instantMs: number) => boolean;
};

const SCOPES = ['tenant', 'application', 'job'] as const;
const SECOND_MS = 1_000;

/** Builds them with the closure book; consecutive pauses have different scopes. */
export const pausedTimes = (pauses: readonly PlannedPause[], dates: readonly string[] = []): PausedTimes => {
  const job = aJob({ calendar: { exclude: ['days'] } });
  const { tenant, applicationId, jobId } = job;
  const book = createClosureBook();
  const updatedAt = toInstant(0);
  book.setCalendar({ tenant, name: 'days', revision: 0, deleted: false, dates: [...dates], updatedAt });
  for (const [index, { fromMs, untilMs, catchUp }] of pauses.entries()) {
    const scope = SCOPES[index % SCOPES.length] ?? 'job';
    const times = {
      createdAt: toInstant(fromMs),
      createdBy: 'ann',
      ...(untilMs === Number.POSITIVE_INFINITY ? {} : { until: toInstant(untilMs) }),
    };
    const pause: PauseVersion = {
      pauseId: index + 1,
      revision: 0,
      tenant,
      scope,
      applicationId,
      jobId,
      catchUp,
      ...times,
    };
    book.setPause(pause);
  }
  const closable = closableBy(job);
  const isPausedAt = (instantMs: number): boolean => book.pausesAt(closable, instantMs).length > 0;
  return { pauses, dates, closures: book.closuresOf(closable), isPausedAt };
};

/** Some pauses within a time, overlapping or consecutive, and dates of a calendar. */
export const anyPausedTimes = (
  startMs: number,
  { withinS, mostS, dates = [] }: { readonly withinS: number; readonly mostS: number; readonly dates?: string[] },
): fc.Arbitrary<PausedTimes> =>
  fc
    .record({
      spans: fc.array(
        fc.record({
          afterS: fc.integer({ min: 0, max: withinS }),
          forS: fc.integer({ min: 1, max: mostS }),
          catchUp: fc.constantFrom<CatchUp>('skip', 'last', 'all'),
        }),
        { maxLength: 6 },
      ),
      dates: fc.subarray(dates),
    })
    .map(({ spans, dates: chosen }) =>
      pausedTimes(
        spans.map(({ afterS, forS, catchUp }) => {
          const fromMs = startMs + afterS * SECOND_MS;
          return { fromMs, untilMs: fromMs + forS * SECOND_MS, catchUp };
        }),
        chosen,
      ),
    );
