import { answerOf, api } from '../../api/client.ts';
import { type Answered, byRuns, useQuery } from '../../api/queries.ts';
import type { Execution } from '../../api/schema.ts';
import { session } from '../../api/session.ts';
import { asOfQuery } from '../../parts/as-of.tsx';
import { Chart } from '../../parts/chart.tsx';
import { latenessOf } from '../../parts/execution-table.tsx';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { sayCount } from '../../words/count.ts';
import { sayDuration } from '../../words/time.ts';

export const MOST_LOOKED_AT = 200;
const REST_MS = 15_000;
const SECOND_MS = 1_000;

/** The newest executions of a job; none are asked for by who may not see them. */
export const useLastExecutions = (jobId: number, asOf: string | undefined): Answered<readonly Execution[]> =>
  useQuery({
    key: ['job', jobId, 'durations', { asOf }],
    ask: (signal) =>
      answerOf(
        api.GET('/jobs/{id}/executions', {
          params: { path: { id: jobId }, query: { limit: MOST_LOOKED_AT, ...asOfQuery(asOf) } },
          signal,
        }),
      ),
    enabled: session.may('scheduler:executions:read'),
    live: asOf === undefined,
    touched: byRuns(jobId),
    restMs: REST_MS,
  });

/** How long the last executions took, and how late they began. */
export const Durations = ({
  executions: { data, error, again },
}: {
  readonly executions: Answered<readonly Execution[]>;
}) => {
  if (!session.may('scheduler:executions:read')) return null;
  const ended = (data ?? []).filter(({ durationMs }) => durationMs !== null).toReversed();
  return (
    <section class="card" aria-labelledby="durations">
      <header class="card-head">
        <h2 id="durations">Durations and lateness</h2>
        {ended.length === 0 ? null : <span class="quiet small">Last {sayCount(ended.length, 'execution')}</span>}
      </header>
      <div class="card-body">
        {data === undefined ? (
          error === null ? (
            <Loading lines={4} />
          ) : (
            <Failed error={error} again={again} />
          )
        ) : ended.length === 0 ? (
          <Empty icon="clock" title="Nothing has ended yet" />
        ) : (
          <Chart
            label={sayDurations(ended)}
            atSeconds={ended.map(({ scheduledAt }) => Date.parse(scheduledAt) / SECOND_MS)}
            lines={[
              { title: 'Took', colour: '--busy-fill', values: ended.map(({ durationMs }) => durationMs ?? 0) },
              { title: 'Late', colour: '--warn-fill', values: ended.map(latenessOf) },
            ]}
          />
        )}
      </div>
    </section>
  );
};

const sayDurations = (executions: readonly Execution[]): string => {
  const took = executions.map(({ durationMs }) => durationMs ?? 0).toSorted((a, b) => a - b);
  const at = (share: number): string =>
    sayDuration(took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0);
  return `Took ${at(0.5)} in the median, ${at(0.95)} at the 95th percentile; late by at most ${sayDuration(Math.max(...executions.map(latenessOf)))}`;
};
