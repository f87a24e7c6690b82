import { useState } from 'preact/hooks';
import type { HistoryEntry, Job } from '../../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../../api/client.ts';
import { byDefinition, changed, useList } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { Loading } from '../../components/states.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { Versions } from '../../components/versions.tsx';

type HistoryProps = {
  readonly jobId: number;
  /** `undefined` for a deleted job. */
  readonly job: Job | undefined;
  /** Later versions are excluded. */
  readonly asOf: string | undefined;
};

/** The versions of a job: who changed what, when and why, with a way to revert. */
export const History = ({ jobId, job, asOf }: HistoryProps) => {
  const [reverted, setReverted] = useState<HistoryEntry>();
  const list = useList({
    key: ['job', jobId, 'history'],
    limit: 20,
    load: (page, signal) =>
      pageOf(
        api.GET('/jobs/{id}/history', {
          params: { path: { id: jobId }, query: page },
          signal,
        }),
      ),
    touched: byDefinition(jobId),
  });
  if (list.items.length === 0 && !list.isPending) return null;
  const mayRevert = asOf === undefined && job !== undefined && session.may('scheduler:jobs:write');
  return (
    <section class="card whole" aria-labelledby="history">
      <header class="card-head">
        <h2 id="history">History</h2>
      </header>
      <div class="card-body">
        {list.isPending ? <Loading lines={3} /> : null}
        <Versions
          entries={list.items.filter(({ at }) => asOf === undefined || at <= asOf)}
          zone={job?.timezone}
          {...(mayRevert ? { onRevert: setReverted } : {})}
        />
        {list.hasMore ? (
          <button type="button" class="link" onClick={list.more}>
            Show older
          </button>
        ) : null}
      </div>
      {reverted === undefined ? null : (
        <RevertDialog jobId={jobId} entry={reverted} onClose={() => setReverted(undefined)} />
      )}
    </section>
  );
};

type RevertProps = { readonly jobId: number; readonly entry: HistoryEntry; readonly onClose: () => void };

const RevertDialog = ({ jobId, entry: { version }, onClose }: RevertProps) => (
  <ActDialog
    title={`Revert to version ${version}?`}
    verb="Revert"
    onClose={onClose}
    act={async (reason) => {
      const params = { path: { id: jobId, version }, header: reasonHeader(reason) };
      await done(api.POST('/jobs/{id}/history/{version}/revert', { params }));
      changed();
      showSuccess(`Reverted to version ${version}`);
    }}
  >
    <p>Creates a new version with the content of that version. The history is kept.</p>
  </ActDialog>
);
