import { useState } from 'preact/hooks';
import type { Job, SlotDay } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { now } from '../../components/clock.ts';
import { zoneFor } from '../../components/preferences.ts';
import { Failed } from '../../components/states.tsx';
import { formatNumber } from '../../format/count.ts';
import { formatMonth, monthAfter, monthOf, weeksOf } from '../../format/month.ts';
import { wallOf } from '../../format/time.ts';
import { DaySlots } from './day-slots.tsx';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const REST_MS = 30_000;

/** Outcomes of slots by day of a month, in the chosen zone; a day opens its slots. */
export const Ledger = ({ job }: { readonly job: Job }) => {
  const zone = zoneFor(job.timezone);
  const today = wallOf(now.value, zone).date;
  const began = wallOf(job.createdAt, zone).date;
  const [month, setMonth] = useState(monthOf(today));
  const [chosen, setChosen] = useState<string>();
  const mayRead = session.may('scheduler:executions:read');
  const { data, error, again } = useQuery({
    key: ['job', job.id, 'days', month, zone],
    load: (signal) =>
      dataOf(
        api.GET('/jobs/{id}/occurrences/days', {
          params: { path: { id: job.id }, query: { month, timezone: zone } },
          signal,
        }),
      ),
    enabled: mayRead,
    live: month === monthOf(today),
    touched: byRuns(job.id),
    restMs: REST_MS,
  });
  if (!mayRead) return null;
  const days = new Map(data?.map((day) => [day.date, day]));
  const chosenDay = chosen === undefined ? undefined : days.get(chosen);
  return (
    <section class="card ledger" aria-labelledby="ledger">
      <header class="card-head">
        <h2 id="ledger">Slots by day</h2>
        <span class="quiet small">{zone}</span>
        <Months month={month} first={monthOf(began)} last={monthOf(today)} onMonth={setMonth} />
      </header>
      <div class="card-body">
        {error === null ? null : <Failed error={error} again={again} />}
        <table class="calendar" aria-busy={data === undefined && error === null}>
          <caption class="unseen">{formatMonth(month)}</caption>
          <thead>
            <tr>
              {WEEKDAYS.map((each) => (
                <th key={each} scope="col">
                  {each}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeksOf(month).map((week) => (
              <tr key={week.find((each) => each !== undefined)}>
                {week.map((date, place) => (
                  <td key={date ?? place} class={date === today ? 'day is-today' : 'day'}>
                    {date === undefined ? null : (
                      <Day
                        date={date}
                        day={days.get(date)}
                        when={date > today ? 'ahead' : date < began ? 'before' : data === undefined ? 'asked' : 'known'}
                        isChosen={date === chosen}
                        onChoose={() => setChosen(date === chosen ? undefined : date)}
                      />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="legend quiet small">
          {LEGEND.map(([key, text]) => (
            <span key={key} class="legend-item">
              <span class={`key key-${key}`} /> {text}
            </span>
          ))}
          <span class="legend-item">Small numbers count slots</span>
        </p>
        {chosenDay === undefined ? null : <DaySlots key={chosenDay.date} job={job} day={chosenDay} zone={zone} />}
      </div>
    </section>
  );
};

const LEGEND = [
  ['good', 'On time'],
  ['warn', 'Late'],
  ['bad-few', 'Failed or missed'],
  ['bad-half', 'A tenth or more of them'],
  ['bad-most', 'Half or more'],
  ['calm', 'Skipped'],
  ['today', 'Today'],
] as const;

type MonthsProps = {
  readonly month: string;
  readonly first: string;
  readonly last: string;
  readonly onMonth: (month: string) => void;
};

const Months = ({ month, first, last, onMonth }: MonthsProps) => (
  <span class="month">
    <button
      type="button"
      class="ghost"
      aria-label="Previous month"
      disabled={month <= first}
      onClick={() => onMonth(monthAfter(month, -1))}
    >
      ‹
    </button>
    {formatMonth(month)}
    <button
      type="button"
      class="ghost"
      aria-label="Next month"
      disabled={month >= last}
      onClick={() => onMonth(monthAfter(month, 1))}
    >
      ›
    </button>
  </span>
);

type DayProps = {
  readonly date: string;
  readonly day: SlotDay | undefined;
  /** Before the job's creation, in the future, loading, or known. */
  readonly when: 'before' | 'ahead' | 'asked' | 'known';
  readonly isChosen: boolean;
  readonly onChoose: () => void;
};

const Day = ({ date, day, when, isChosen, onChoose }: DayProps) => {
  const number = Number(date.slice(-2));
  if (day === undefined) return <span class={`day-box is-${when}`}>{when === 'asked' ? null : number}</span>;
  const description = formatDay(day);
  return (
    <button
      type="button"
      class={`day-box day-${toneOf(day)}`}
      aria-pressed={isChosen}
      aria-label={`${date}: ${description}`}
      title={description}
      onClick={onChoose}
    >
      {number}
      <span class="day-count">{formatNumber(totalOf(day))}</span>
    </button>
  );
};

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const totalOf = ({ fired, late, skipped, missed }: SlotDay): number =>
  fired + sumOf(late) + sumOf(skipped) + sumOf(missed);

/** Failures outweigh lateness. Their color shows their share of the slots. */
const toneOf = (day: SlotDay): string => {
  const bad = sumOf(day.missed) + day.failed;
  const share = bad / Math.max(1, totalOf(day));
  if (bad > 0) return share >= 0.5 ? 'bad-most' : share >= 0.1 ? 'bad-half' : 'bad-few';
  if (sumOf(day.late) > 0) return 'late';
  return day.fired > 0 ? 'fired' : 'skipped';
};

const formatDay = ({ fired, late, skipped, missed, failed }: SlotDay): string =>
  [
    [fired, 'on time'],
    [sumOf(late), 'late'],
    [sumOf(missed), 'missed'],
    [sumOf(skipped), 'skipped'],
    [failed, 'failed'],
  ]
    .flatMap(([count, what]) => (count === 0 ? [] : [`${formatNumber(Number(count))} ${what}`]))
    .join(', ');
