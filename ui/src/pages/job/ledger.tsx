import { useState } from 'preact/hooks';
import { answerOf, api } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import type { Job, Occurrence } from '../../api/schema.ts';
import { session } from '../../api/session.ts';
import { asOfQuery } from '../../parts/as-of.tsx';
import { now } from '../../parts/clock.ts';
import { Icon } from '../../parts/icon.tsx';
import { zoneFor } from '../../parts/preferences.ts';
import { Failed } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { When } from '../../parts/when.tsx';
import { sayCount } from '../../words/count.ts';
import { monthAfter, monthOf, sayMonth, weeksOf } from '../../words/month.ts';
import { sayReason } from '../../words/reasons.ts';
import { instantOf, wallOf } from '../../words/time.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MOST = 500;
const REST_MS = 10_000;
const LONGEST_MS = 31 * 86_400_000;

/** The slots of a month that did not run as they should: how many on each day, and why. Days are those of the chosen zone. */
export const Ledger = ({ job, asOf }: { readonly job: Job; readonly asOf: string | undefined }) => {
  const zone = zoneFor(job.timezone);
  const today = wallOf(now.value, zone).date;
  const [month, setMonth] = useState(monthOf(today));
  const [day, setDay] = useState<string>();
  const mayRead = session.may('scheduler:executions:read');
  const from = instantOf(`${month}-01T00:00`, zone);
  const end = Date.parse(instantOf(`${monthAfter(month, 1)}-01T00:00`, zone));
  const to = new Date(Math.min(end, Date.parse(from) + LONGEST_MS) - 1).toISOString();
  const { data, error, again } = useQuery({
    key: ['job', job.id, 'ledger', from, to, { asOf }],
    ask: (signal) =>
      answerOf(
        api.GET('/jobs/{id}/occurrences', {
          params: {
            path: { id: job.id },
            query: {
              from: new Date(Date.parse(from) - 1).toISOString(),
              to,
              outcome: 'missed,skipped,late',
              limit: MOST,
              ...asOfQuery(asOf),
            },
          },
          signal,
        }),
      ),
    enabled: mayRead,
    keepPrevious: true,
    live: asOf === undefined,
    touched: byRuns(job.id),
    restMs: REST_MS,
  });
  if (!mayRead) return null;
  const byDay = Map.groupBy(data ?? [], ({ at }) => wallOf(at, zone).date);
  return (
    <section class="card" aria-labelledby="ledger">
      <header class="card-head">
        <h2 id="ledger">Slots that did not run in time</h2>
        <span class="month">
          <button
            type="button"
            class="ghost"
            aria-label="The month before"
            onClick={() => setMonth(monthAfter(month, -1))}
          >
            ‹
          </button>
          {sayMonth(month)}
          <button
            type="button"
            class="ghost"
            aria-label="The month after"
            disabled={month >= monthOf(today)}
            onClick={() => setMonth(monthAfter(month, 1))}
          >
            ›
          </button>
        </span>
      </header>
      <div class="card-body">
        {error === null ? null : <Failed error={error} again={again} />}
        <table class="calendar">
          <caption class="unseen">{sayMonth(month)}</caption>
          <thead>
            <tr>
              {DAYS.map((each) => (
                <th key={each} scope="col">
                  {each}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeksOf(month).map((week) => (
              <tr key={week.find((each) => each !== undefined)}>
                {week.map((date, place) =>
                  date === undefined ? (
                    <td key={place} />
                  ) : (
                    <Day
                      key={date}
                      date={date}
                      isToday={date === today}
                      isFuture={date > today}
                      slots={byDay.get(date) ?? []}
                      isChosen={date === day}
                      onChoose={() => setDay(date === day ? undefined : date)}
                    />
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {(data?.length ?? 0) >= MOST ? <p class="quiet small">The first {MOST} of this month are shown.</p> : null}
        {day === undefined ? null : <OfDay slots={byDay.get(day) ?? []} zone={job.timezone} />}
      </div>
    </section>
  );
};

type DayProps = {
  readonly date: string;
  readonly isToday: boolean;
  readonly isFuture: boolean;
  readonly slots: readonly Occurrence[];
  readonly isChosen: boolean;
  readonly onChoose: () => void;
};

const Day = ({ date, isToday, isFuture, slots, isChosen, onChoose }: DayProps) => {
  const number = Number(date.slice(-2));
  const worst = WORST.find((outcome) => slots.some((slot) => slot.outcome === outcome));
  if (worst === undefined) {
    return (
      <td class={isToday ? 'day is-today' : 'day'}>
        <span class={isFuture ? 'day-box is-future' : 'day-box'}>{number}</span>
      </td>
    );
  }
  return (
    <td class={isToday ? 'day is-today' : 'day'}>
      <button
        type="button"
        class={`day-box day-${worst}`}
        aria-pressed={isChosen}
        aria-label={`${date}: ${saySlots(slots)}`}
        title={saySlots(slots)}
        onClick={onChoose}
      >
        {number}
        <span class="day-count">{slots.length}</span>
      </button>
    </td>
  );
};

const WORST = ['missed', 'late', 'skipped'] as const;

const saySlots = (slots: readonly Occurrence[]): string =>
  [...Map.groupBy(slots, ({ outcome, reason }) => `${outcome}${reason === undefined ? '' : ` (${reason})`}`)]
    .map(([what, ofIt]) => `${ofIt.length} ${what}`)
    .join(', ');

const MOST_OF_DAY = 50;

const OfDay = ({ slots, zone }: { readonly slots: readonly Occurrence[]; readonly zone: string }) => (
  <ul class="slots day-slots" aria-label="Slots of the day">
    {slots.slice(0, MOST_OF_DAY).map(({ at, outcome, reason }) => (
      <li key={at}>
        <When at={at} zone={zone} />
        {outcome === 'missed' || outcome === 'skipped' || outcome === 'late' ? <Status name={outcome} /> : null}
        <span class="slot-note" title={reason}>
          {sayReason(reason)}
        </span>
      </li>
    ))}
    {slots.length > MOST_OF_DAY ? (
      <li class="quiet">
        <Icon name="more" /> {sayCount(slots.length - MOST_OF_DAY, 'further slot')}
      </li>
    ) : null}
  </ul>
);
