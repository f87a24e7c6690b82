import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Backfill } from '../../../packages/client/src/schema.ts';
import { api, done, reasonHeader } from '../api/client.ts';
import { byRuns, changed, type ListOptions, useList } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { formatNumber } from '../format/count.ts';
import { ActDialog } from './act-dialog.tsx';
import { ListCard } from './list-card.tsx';
import { Status } from './status.tsx';
import { showSuccess } from './toasts.tsx';
import { When } from './when.tsx';

const REST_MS = 15_000;

type BackfillListProps = {
  /** `undefined` for all jobs. */
  readonly jobId?: number;
  readonly load: ListOptions<Backfill>['load'];
  readonly zone?: string;
};

/** Backfills with their slots, progress and a way to cancel them. Shows nothing for a job without backfills. */
export const BackfillList = ({ jobId, load, zone }: BackfillListProps) => {
  const [cancelled, setCancelled] = useState<Backfill>();
  const mayRead = session.may('scheduler:executions:read');
  const list = useList({
    key: ['backfills', jobId],
    load,
    enabled: mayRead,
    touched: byRuns(jobId),
    restMs: REST_MS,
  });
  if (!mayRead || (jobId !== undefined && list.items.length === 0)) return null;
  return (
    <div class="whole">
      <ListCard
        title="Backfills, newest first"
        list={list}
        keyOf={({ id }) => id}
        empty="No backfills"
        hint="A backfill runs past slots of a job. To start one, open a job and choose “Backfill…”."
        columns={[
          {
            title: 'Backfill',
            cell: ({ id, jobId: of, jobName }) => (
              <>
                <Link href={`/executions?backfillId=${id}`}>{id}</Link>
                {jobId === undefined ? (
                  <>
                    {' of '}
                    <Link href={`/jobs/${of}`}>{jobName ?? `Job ${of}`}</Link>
                  </>
                ) : null}
              </>
            ),
          },
          {
            title: 'Slots',
            cell: ({ from, to }) => (
              <>
                After <When at={from} zone={zone} /> up to <When at={to} zone={zone} />
              </>
            ),
          },
          { title: 'State', cell: ({ status }) => <Status name={status} /> },
          { title: 'Progress', cell: (backfill) => <Progress backfill={backfill} /> },
          {
            title: 'Requested',
            cell: ({ createdAt, createdBy, reason }) => (
              <>
                <When at={createdAt} zone={zone} /> by {createdBy}
                {reason === undefined ? null : <span class="quiet"> · {reason}</span>}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: (backfill) =>
              backfill.status === 'running' && session.may('scheduler:jobs:trigger') ? (
                <button
                  type="button"
                  class="button"
                  aria-label={`Cancel backfill ${backfill.id}`}
                  onClick={() => setCancelled(backfill)}
                >
                  Cancel…
                </button>
              ) : null,
          },
        ]}
      />
      {cancelled === undefined ? null : <CancelDialog backfill={cancelled} onClose={() => setCancelled(undefined)} />}
    </div>
  );
};

const Progress = ({ backfill }: { readonly backfill: Backfill }) => {
  const { id, total, succeeded, failed, cancelled, status } = backfill;
  const ended = succeeded + failed + cancelled;
  return (
    <>
      {status === 'running' ? <progress max={total} value={ended} aria-label={`Backfill ${id}`} /> : null}{' '}
      {formatNumber(ended)} of {formatNumber(total)}
      {failed === 0 ? '' : `, ${formatNumber(failed)} failed`}
      {cancelled === 0 ? '' : `, ${formatNumber(cancelled)} cancelled`}
    </>
  );
};

type CancelProps = { readonly backfill: Backfill; readonly onClose: () => void };

const CancelDialog = ({ backfill: { id, jobId, waiting }, onClose }: CancelProps) => (
  <ActDialog
    title={`Cancel backfill ${id}?`}
    verb="Cancel backfill"
    danger
    onClose={onClose}
    act={async (reason) => {
      const params = { path: { id: jobId, backfillId: id }, header: reasonHeader(reason) };
      await done(api.DELETE('/jobs/{id}/backfills/{backfillId}', { params }));
      changed();
      showSuccess(`Cancelled backfill ${id}`);
    }}
  >
    <p>Its {formatNumber(waiting)} waiting slots won't run. Executions that have started continue.</p>
  </ActDialog>
);
