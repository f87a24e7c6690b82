import type { Projection, Readiness, Statistics } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, readiness } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { Icon } from '../../components/icon.tsx';
import { Loading } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { HowFar } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';

/** Health of Carillon: engines, read models and publisher. One line if all are healthy. */
export const Parts = ({ statistics }: { readonly statistics: Statistics | undefined }) => {
  const projections = useQuery({
    key: ['projections'],
    load: (signal) => dataOf(api.GET('/projections', { signal })),
  });
  const health = useQuery({ key: ['readyz'], load: readiness });
  if (statistics === undefined || projections.data === undefined || health.data === undefined) {
    return (
      <section class="card parts card-body" aria-label="System">
        <Loading lines={1} />
      </section>
    );
  }
  const isWell =
    health.data.status === 'ready' &&
    statistics.engines.some(({ status }) => status === 'working') &&
    statistics.engines.every(({ status }) => status !== 'silent') &&
    projections.data.every(
      ({ status, building, parked }) => status === 'live' && building === undefined && parked.length === 0,
    );
  return (
    <section class="card parts" aria-labelledby="parts">
      <details open={!isWell}>
        <summary>
          <h2 id="parts">System</h2>
          <Health {...health.data} />
          <span class="quiet small">
            {formatCount(statistics.engines.length, 'engine')}, {formatCount(projections.data.length, 'read model')}
          </span>
        </summary>
        <div class="card-body parts-columns">
          <div>
            <h3>Engines</h3>
            <Engines engines={statistics.engines} />
          </div>
          <div>
            <h3>Read models</h3>
            <ReadModels projections={projections.data} />
          </div>
          <div>
            <h3>Roles of the responding process</h3>
            <Roles {...health.data} />
          </div>
        </div>
      </details>
    </section>
  );
};

const Health = ({ status, degraded }: Readiness) => (
  <Status name={status === 'ready' ? 'live' : status === 'degraded' ? 'late' : 'failed'}>
    {status === 'degraded'
      ? `Degraded: ${degraded.map(({ component }) => component).join(', ')}`
      : status === 'ready'
        ? 'Ready'
        : 'Not ready'}
  </Status>
);

const MEMBERSHIP: Readonly<Record<Statistics['engines'][number]['status'], string>> = {
  joining: 'Joining',
  working: 'Working',
  resting: 'Standby',
  silent: 'Silent',
};

const Engines = ({ engines }: Pick<Statistics, 'engines'>) =>
  engines.length === 0 ? (
    <p class="tone-bad">
      <Icon name="warning" /> No engine is alive, so no job runs. Start a process with the role engine.
    </p>
  ) : (
    <ul class="part-list">
      {engines.map(({ engineId, status, heartbeatAt }) => (
        <li key={engineId}>
          <Status name={status === 'working' ? 'working' : status === 'silent' ? 'silent' : 'pending'}>
            {MEMBERSHIP[status]}
          </Status>
          <span class="mono part-name" title={engineId}>
            {engineId}
          </span>
          {heartbeatAt === undefined ? null : (
            <span class="quiet small">
              Heartbeat <HowFar at={heartbeatAt} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );

const ReadModels = ({ projections }: { readonly projections: readonly Projection[] }) => (
  <ul class="part-list">
    {projections.map(({ name, status, stopped, live, building, parked }) => (
      <li key={name}>
        <Status name={status === 'live' ? 'live' : 'stopped'}>{status}</Status>
        <span class="part-name">{name}</span>
        <span class="quiet small">
          {stopped === undefined ? '' : `${stopped.reason} · `}
          {parked.length > 0 ? `${parked.length} parked · ` : ''}
          {building === undefined
            ? formatProgress(live?.progress)
            : `Rebuilding: ${(100 * building.progress).toFixed(1)} %`}
        </span>
      </li>
    ))}
  </ul>
);

const formatProgress = (progress: number | undefined): string => {
  if (progress === undefined) return '';
  return progress >= 0.9995 ? 'Up to date' : `${(100 * progress).toFixed(1)} %`;
};

const Roles = ({ roles, degraded }: Readiness) => (
  <ul class="part-list">
    {Object.entries(roles).map(([role, { ready, reason }]) => (
      <li key={role}>
        <Status name={ready ? 'working' : 'failed'}>{ready ? 'Ready' : 'Not ready'}</Status>
        <span class="part-name">{role}</span>
        {reason === undefined ? null : <span class="quiet small">{reason}</span>}
      </li>
    ))}
    {degraded.map(({ component, since, reason }) => (
      <li key={component}>
        <Status name="late">Degraded</Status>
        <span class="part-name">{component}</span>
        <span class="quiet small">
          Since <HowFar at={since} />
          {reason === undefined ? '' : `: ${reason}`}
        </span>
      </li>
    ))}
  </ul>
);
