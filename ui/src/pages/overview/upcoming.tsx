import { Link } from 'wouter-preact';
import type { Upcoming as UpcomingSlots } from '../../../../packages/client/src/schema.ts';
import type { QueryResult } from '../../api/queries.ts';
import { zoneFor } from '../../components/preferences.ts';
import { Empty, Failed, Loading } from '../../components/states.tsx';
import { HowFar, When } from '../../components/when.tsx';
import { formatCount, formatNumber } from '../../format/count.ts';
import { wallOf } from '../../format/time.ts';

const SHOWN_JOBS = 8;

/** Slots of the next hour: number per minute, and the first jobs. */
export const Upcoming = ({ upcoming: { data, error, again } }: { readonly upcoming: QueryResult<UpcomingSlots> }) => (
  <section class="card upcoming" aria-labelledby="upcoming">
    <header class="card-head">
      <h2 id="upcoming">Next hour</h2>
      {data === undefined ? null : (
        <span class="quiet">
          {formatCount(
            data.counts.reduce((sum, count) => sum + count, 0),
            'slot',
            'slots',
          )}{' '}
          due
        </span>
      )}
    </header>
    <div class="card-body">
      {data === undefined ? (
        error === null ? (
          <Loading lines={4} />
        ) : (
          <Failed error={error} again={again} />
        )
      ) : (
        <Ahead {...data} />
      )}
    </div>
  </section>
);

const Ahead = (slots: UpcomingSlots) => (
  <>
    <Density {...slots} />
    {slots.first.length === 0 ? (
      <Empty icon="clock" title="No slots in the next hour" />
    ) : (
      <ol class="next-jobs">
        {slots.first.slice(0, SHOWN_JOBS).map(({ jobId, jobName, timezone, at }) => (
          <li key={jobId}>
            <span class="next-when">
              <HowFar at={at} zone={timezone} />
            </span>
            <Link href={`/jobs/${jobId}`}>{jobName}</Link>
            <span class="quiet">
              <When at={at} zone={timezone} />
            </span>
          </li>
        ))}
      </ol>
    )}
  </>
);

const WIDTH = 600;
const HEIGHT = 74;

/** A bar for each part of the next hour. */
const Density = ({ from, to, counts }: UpcomingSlots) => {
  const most = Math.max(1, ...counts);
  const step = WIDTH / counts.length;
  const zone = zoneFor(undefined);
  const partMs = (Date.parse(to) - Date.parse(from)) / counts.length;
  const atOf = (part: number): string => wallOf(Date.parse(from) + part * partMs, zone).time;
  return (
    <figure>
      <svg
        class="density"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={formatDensity(counts)}
      >
        {counts.map((count, part) => {
          const height = count === 0 ? 1.5 : 4 + ((HEIGHT - 4) * count) / most;
          return (
            <rect
              key={atOf(part)}
              class={count === 0 ? 'density-none' : 'density-bar'}
              x={part * step + 1}
              y={HEIGHT - height}
              width={step - 2}
              height={height}
              rx="1.5"
            >
              <title>{`${atOf(part)}: ${formatCount(count, 'slot')}`}</title>
            </rect>
          );
        })}
      </svg>
      <div class="axis" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{atOf(share * counts.length)}</span>
        ))}
      </div>
    </figure>
  );
};

const formatDensity = (counts: readonly number[]): string => {
  const most = Math.max(0, ...counts);
  return most === 0 ? 'No slots ahead' : `Slots ahead: at most ${formatNumber(most)} in a minute`;
};
