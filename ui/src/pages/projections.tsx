import { useState } from 'preact/hooks';
import type { Projection } from '../../../packages/client/src/schema.ts';
import { api, dataOf, reasonHeader } from '../api/client.ts';
import { changed, useQuery } from '../api/queries.ts';
import { ActDialog } from '../components/act-dialog.tsx';
import { now } from '../components/clock.ts';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status } from '../components/status.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { formatCount } from '../format/count.ts';
import { formatDuration } from '../format/time.ts';

const EVERY_MS = 3_000;
type Dialog = { readonly name: string; readonly what: 'rebuild' | 'verify' };

/** Read models: lag, rebuild, and comparison with the log. */
const Projections = () => {
  const [dialog, setDialog] = useState<Dialog>();
  const { data, ...result } = useQuery({
    key: ['projections'],
    load: (signal) => dataOf(api.GET('/projections', { signal })),
    everyMs: EVERY_MS,
  });
  return (
    <>
      <PageHead title="Projections" />
      <ListCard
        title="Read models"
        list={{ ...result, items: data ?? [] }}
        keyOf={({ name }) => name}
        empty="No read models"
        columns={[
          { title: 'Name', cell: ({ name }) => name },
          { title: 'State', cell: (projection) => <State projection={projection} /> },
          { title: 'Behind', cell: (projection) => formatLag(projection, now.value) },
          { title: 'Build', cell: ({ build }) => <Build build={build} /> },
          {
            title: 'Parked',
            cell: ({ parked }) => (parked.length === 0 ? 'None' : formatCount(parked.length, 'stream')),
          },
          {
            title: 'Actions',
            cell: ({ name }) => (
              <span class="buttons">
                <button type="button" class="button" onClick={() => setDialog({ name, what: 'verify' })}>
                  Verify…
                </button>
                <button type="button" class="button" onClick={() => setDialog({ name, what: 'rebuild' })}>
                  Rebuild…
                </button>
              </span>
            ),
          },
        ]}
      />
      {dialog === undefined ? null : <BuildDialog dialog={dialog} onClose={() => setDialog(undefined)} />}
    </>
  );
};

export default Projections;

const State = ({ projection: { status, stopped } }: { readonly projection: Projection }) => (
  <>
    <Status name={status === 'absent' ? 'missed' : status}>{status}</Status>
    {stopped === undefined ? null : (
      <span class="quiet small">
        {' '}
        since <When at={stopped.since} />: {stopped.reason}
      </span>
    )}
  </>
);

/** Read models without a reported position since the last event are up to date. */
const formatLag = ({ live, logEnd }: Projection, nowMs: number): string => {
  if (live === undefined) return 'Not built yet';
  if (live.position === logEnd) return 'Up to date';
  return `${formatDuration(Math.max(0, nowMs - Date.parse(live.updatedAt)))}, at ${Math.floor(live.progress * 100)} %`;
};

const Build = ({ build }: { readonly build: Projection['build'] }) => {
  if (build === undefined) return <span class="quiet">–</span>;
  const { purpose, phase, progress, remainingMs, comparison } = build;
  if (phase === 'done') {
    return (
      <>
        {purpose === 'verify' ? 'Verified' : 'Rebuilt'} <When at={build.endedAt} />
        {comparison === undefined ? null : <Comparison differences={comparison.differences} />}
      </>
    );
  }
  return (
    <>
      <progress value={progress} max={1} aria-label={`${purpose}: ${phase}`} /> {phase}, {Math.floor(progress * 100)} %
      {remainingMs === undefined ? null : `, ${formatDuration(remainingMs)} left`}
    </>
  );
};

const Comparison = ({ differences }: { readonly differences: number }) => (
  <>
    {': '}
    <Status name={differences === 0 ? 'succeeded' : 'failed'}>
      {differences === 0 ? 'Matches the log' : formatCount(differences, 'difference')}
    </Status>
  </>
);

const BuildDialog = ({
  dialog: { name, what },
  onClose,
}: {
  readonly dialog: Dialog;
  readonly onClose: () => void;
}) => (
  <ActDialog
    title={`${what === 'rebuild' ? 'Rebuild' : 'Verify'} ${name}`}
    verb={what === 'rebuild' ? 'Rebuild' : 'Verify'}
    onClose={onClose}
    act={async (reason) => {
      const params = { path: { name }, header: reasonHeader(reason) };
      if (what === 'rebuild') await dataOf(api.POST('/projections/{name}/rebuild', { params, body: {} }));
      else await dataOf(api.POST('/projections/{name}/verify', { params }));
      changed();
      showSuccess(`${name} is being ${what === 'rebuild' ? 'rebuilt' : 'verified'}`);
    }}
  >
    <p>
      {what === 'rebuild'
        ? 'Rebuilds from the log. The current read model serves queries until the new one is ready.'
        : 'Builds a copy from the log and compares it with the live read model, row by row. The live one stays.'}
    </p>
  </ActDialog>
);
