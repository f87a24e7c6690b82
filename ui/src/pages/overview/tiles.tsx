import { type ComponentChildren, Fragment } from 'preact';
import { Link } from 'wouter-preact';
import type { Hour, Statistics } from '../../../../packages/client/src/schema.ts';
import { formatNumber } from '../../format/count.ts';
import { formatDuration } from '../../format/time.ts';

type TilesProps = {
  readonly statistics: Statistics | undefined;
  /** The last 48 hours, oldest first. */
  readonly hours: readonly Hour[] | undefined;
};

/** The states of enabled jobs other than active. */
const SHOWN_STATES = ['failing', 'blocked', 'paused', 'parked', 'completed'] as const;
const HOURS_OF_DAY = 24;

/** Key figures, each with its list, and the day before beside the last. */
export const Tiles = ({ statistics, hours }: TilesProps) => {
  const now = hours?.at(-1);
  const day = hours && totalOf(hours.slice(-HOURS_OF_DAY));
  const before = hours && totalOf(hours.slice(-2 * HOURS_OF_DAY, -HOURS_OF_DAY));
  return (
    <ul class="tiles">
      <Tile
        title="Failed, 24 h"
        to="/executions?status=failed&span=24h"
        value={day && formatNumber(day.failed)}
        tone={day !== undefined && day.failed > 0 ? 'bad' : undefined}
      >
        {day && before && `${formatShare(day)}; the day before ${formatNumber(before.failed)}`}
      </Tile>
      <Tile title="Executions, 24 h" to="/executions?span=24h" value={day && formatNumber(day.all)}>
        {before && `The day before ${formatNumber(before.all)}`}
      </Tile>
      <Tile
        title="In progress"
        to="/executions?status=running"
        value={statistics && formatNumber(statistics.executions.running)}
      >
        {statistics === undefined ? null : (
          <Link href="/executions?status=pending">{formatNumber(statistics.executions.pending)} waiting</Link>
        )}
      </Tile>
      <Tile
        title="Lateness now, p99"
        to="/executions?span=1h"
        value={now && (now.lateness === null ? '–' : formatDuration(now.lateness.p99Ms))}
      >
        {day && before && `Maximum ${formatMax(day)}; the day before ${formatMax(before)}`}
      </Tile>
      <Tile title="Jobs" to="/jobs" value={statistics && formatNumber(statistics.jobs.total)}>
        {statistics === undefined ? null : (
          <>
            <Link href="/jobs?enabled=true">{formatNumber(statistics.jobs.enabled)} enabled</Link>
            {SHOWN_STATES.filter((state) => (statistics.jobs.states?.[state] ?? 0) > 0).map((state) => (
              <Fragment key={state}>
                {' · '}
                <Link href={`/jobs?state=${state}`}>
                  {formatNumber(statistics.jobs.states?.[state] ?? 0)} {state}
                </Link>
              </Fragment>
            ))}
          </>
        )}
      </Tile>
    </ul>
  );
};

type TileProps = {
  readonly title: string;
  /** Address of what it counts; absent as of a past time. */
  readonly to?: string;
  /** Absent while unknown. */
  readonly value: string | undefined;
  readonly tone?: 'bad' | undefined;
  readonly children?: ComponentChildren;
};

export const Tile = ({ title, to, value, tone, children }: TileProps) => (
  <li class="tile card">
    <h2 class="tile-title">
      {to === undefined ? (
        title
      ) : (
        <Link href={to} class="tile-link">
          {title}
        </Link>
      )}
    </h2>
    <p class={tone === undefined ? 'tile-value' : `tile-value tone-${tone}`}>
      {value ?? <span class="skeleton tile-skeleton" />}
    </p>
    <p class="quiet small">{children}</p>
  </li>
);

const sumOf = ({ executions }: Hour): number => Object.values(executions).reduce((sum, count) => sum + count, 0);

type Total = { readonly all: number; readonly failed: number; readonly maxMs: number | undefined };

const totalOf = (hours: readonly Hour[]): Total => {
  const latest = hours.flatMap(({ lateness }) => (lateness === null ? [] : [lateness.maxMs]));
  return {
    all: hours.reduce((sum, hour) => sum + sumOf(hour), 0),
    failed: hours.reduce((sum, { executions }) => sum + executions.failed, 0),
    maxMs: latest.length === 0 ? undefined : Math.max(...latest),
  };
};

const formatMax = ({ maxMs }: Total): string => (maxMs === undefined ? '–' : formatDuration(maxMs));

const formatShare = ({ failed, all }: Total): string => {
  if (all === 0) return 'No executions';
  const share = (100 * failed) / all;
  return `${share > 0 && share < 0.1 ? '< 0.1' : share.toFixed(1)} %`;
};
