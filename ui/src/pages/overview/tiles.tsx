import { type ComponentChildren, Fragment } from 'preact';
import { Link } from 'wouter-preact';
import type { Attention, Hour, Statistics } from '../../../../packages/client/src/schema.ts';
import { formatNumber } from '../../format/count.ts';
import { formatDuration } from '../../format/time.ts';

type TilesProps = {
  readonly statistics: Statistics | undefined;
  readonly hours: readonly Hour[] | undefined;
  readonly attention: readonly Attention[] | undefined;
};

/** The states of enabled jobs other than active. */
const SHOWN_STATES = ['failing', 'blocked', 'paused', 'parked', 'completed'] as const;

/** Key figures. */
export const Tiles = ({ statistics, hours, attention }: TilesProps) => {
  const now = hours?.at(-1);
  const day = hours === undefined ? undefined : totalOf(hours);
  const failing = attention?.length;
  return (
    <ul class="tiles">
      <Tile title="Jobs" value={statistics && formatNumber(statistics.jobs.total)}>
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
      <Tile title="Running now" value={statistics && formatNumber(statistics.executions.running)}>
        {statistics === undefined ? null : `${formatNumber(statistics.executions.pending)} waiting`}
      </Tile>
      <Tile title="Executions, 24 h" value={day && formatNumber(day.all)}>
        {now === undefined ? null : `${formatNumber(sumOf(now))} this hour`}
      </Tile>
      <Tile
        title="Failed, 24 h"
        value={day && formatNumber(day.failed)}
        tone={day !== undefined && day.failed > 0 ? 'bad' : undefined}
      >
        {day === undefined ? null : saysShare(day.failed, day.all)}
      </Tile>
      <Tile title="Lateness now" value={now && (now.lateness === null ? '–' : formatDuration(now.lateness.p99Ms))}>
        {day === undefined
          ? null
          : day.maxMs === undefined
            ? 'No calls in 24 h'
            : `p99; maximum ${formatDuration(day.maxMs)} in 24 h`}
      </Tile>
      <Tile
        title="Needs attention"
        value={failing === undefined ? undefined : formatNumber(failing)}
        tone={failing === undefined || failing === 0 ? undefined : 'warn'}
      >
        {failing === undefined ? null : failing === 0 ? 'No issues' : 'See above'}
      </Tile>
    </ul>
  );
};

type TileProps = {
  readonly title: string;
  /** Absent while unknown. */
  readonly value: string | undefined;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly children: ComponentChildren;
};

export const Tile = ({ title, value, tone, children }: TileProps) => (
  <li class="tile card">
    <h2 class="tile-title">{title}</h2>
    <p class={tone === undefined ? 'tile-value' : `tile-value tone-${tone}`}>
      {value ?? <span class="skeleton tile-skeleton" />}
    </p>
    <p class="quiet small">{children}</p>
  </li>
);

const sumOf = ({ executions }: Hour): number => Object.values(executions).reduce((sum, count) => sum + count, 0);

const totalOf = (hours: readonly Hour[]) => {
  const latest = hours.flatMap(({ lateness }) => (lateness === null ? [] : [lateness.maxMs]));
  return {
    all: hours.reduce((sum, hour) => sum + sumOf(hour), 0),
    failed: hours.reduce((sum, { executions }) => sum + executions.failed, 0),
    maxMs: latest.length === 0 ? undefined : Math.max(...latest),
  };
};

const saysShare = (part: number, all: number): string => {
  if (all === 0) return 'No executions';
  const share = (100 * part) / all;
  return `${share > 0 && share < 0.1 ? '< 0.1' : share.toFixed(1)} % of all`;
};
