import type { Answered } from '../../api/queries.ts';
import type { Hour } from '../../api/schema.ts';
import { zoneFor } from '../../parts/preferences.ts';
import { Failed, Loading } from '../../parts/states.tsx';
import { sayNumber } from '../../words/count.ts';
import { sayDuration, wallOf } from '../../words/time.ts';

/** The last 24 hours: how much ran, what failed, and how late. */
export const Hours = ({
  hours: { data, error, again },
}: {
  readonly hours: Answered<{ readonly hours: readonly Hour[] }>;
}) => (
  <section class="card hours" aria-labelledby="hours">
    <header class="card-head">
      <h2 id="hours">Last 24 hours</h2>
      <p class="legend quiet small">
        <span class="key key-good" /> succeeded <span class="key key-bad" /> failed <span class="key key-calm" /> other
      </p>
    </header>
    <div class="card-body">
      {data === undefined ? (
        error === null ? (
          <Loading lines={4} />
        ) : (
          <Failed error={error} again={again} />
        )
      ) : (
        <>
          <Throughput hours={data.hours} />
          <Lateness hours={data.hours} />
          <HoursTable hours={data.hours} />
        </>
      )}
    </div>
  </section>
);

const WIDTH = 720;
const HEIGHT = 120;
const LATE_HEIGHT = 54;

const allOf = ({ executions }: Hour): number => Object.values(executions).reduce((sum, count) => sum + count, 0);

const timeOf = (hour: Hour): string => wallOf(hour.from, zoneFor(undefined)).time;

const Throughput = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const most = Math.max(1, ...hours.map(allOf));
  const step = WIDTH / hours.length;
  const tall = (count: number): number => (count === 0 ? 0 : Math.max(2, (HEIGHT * count) / most));
  return (
    <figure>
      <figcaption class="small quiet">Executions an hour, at most {sayNumber(most)}</figcaption>
      <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map((hour, place) => {
          const { succeeded, failed } = hour.executions;
          const parts = [
            ['bad', failed],
            ['good', succeeded],
            ['calm', allOf(hour) - succeeded - failed],
          ] as const;
          let y = HEIGHT;
          return (
            <g key={hour.from}>
              <title>{`${timeOf(hour)}: ${sayNumber(succeeded)} succeeded, ${sayNumber(failed)} failed`}</title>
              {parts.map(([tone, count]) => {
                const height = tall(count);
                y -= height;
                return (
                  <rect key={tone} class={`bar-${tone}`} x={place * step + 2} y={y} width={step - 4} height={height} />
                );
              })}
            </g>
          );
        })}
      </svg>
      <div class="axis" aria-hidden="true">
        {hours.flatMap((hour, place) => (place % 6 === 0 ? [<span key={hour.from}>{timeOf(hour)}</span>] : []))}
        <span>now</span>
      </div>
    </figure>
  );
};

/** On a scale of powers of ten, so that an hour of seconds does not hide the milliseconds of the others. */
const Lateness = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const step = WIDTH / hours.length;
  const most = Math.max(1_000, ...hours.map(({ lateness }) => lateness?.maxMs ?? 0));
  const yOf = (ms: number): number => LATE_HEIGHT - (LATE_HEIGHT * Math.log10(1 + ms)) / Math.log10(1 + most);
  return (
    <figure class="lateness">
      <figcaption class="small quiet">
        Lateness: median to p99, at most{' '}
        {sayDuration(Math.max(0, ...hours.map(({ lateness }) => lateness?.maxMs ?? 0)))}
      </figcaption>
      <svg class="bars late-bars" viewBox={`0 0 ${WIDTH} ${LATE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {hours.map(({ from, lateness }, place) =>
          lateness === null ? null : (
            <rect
              key={from}
              class={lateness.p99Ms > 1_000 ? 'bar-warn' : 'bar-busy'}
              x={place * step + 2}
              y={yOf(lateness.p99Ms)}
              width={step - 4}
              height={Math.max(2, yOf(lateness.medianMs) - yOf(lateness.p99Ms))}
            />
          ),
        )}
      </svg>
    </figure>
  );
};

const HoursTable = ({ hours }: { readonly hours: readonly Hour[] }) => (
  <div class="unseen">
    <table>
      <caption>The last 24 hours</caption>
      <thead>
        <tr>
          {['Hour', 'Succeeded', 'Failed', 'Skipped', 'Missed', 'Lateness, p99'].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {hours.map((hour) => (
          <tr key={hour.from}>
            <th scope="row">{timeOf(hour)}</th>
            <td>{hour.executions.succeeded}</td>
            <td>{hour.executions.failed}</td>
            <td>{hour.uncalled.skipped}</td>
            <td>{hour.uncalled.missed}</td>
            <td>{hour.lateness === null ? 'no calls' : sayDuration(hour.lateness.p99Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
