import { useState } from 'preact/hooks';
import { api, because, done, pageOf } from '../../api/client.ts';
import { printJson } from '../../api/json.ts';
import { byDefinition, changed, useList } from '../../api/queries.ts';
import type { FieldChange, HistoryEntry, Job } from '../../api/schema.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../parts/act-dialog.tsx';
import { Loading } from '../../parts/states.tsx';
import { sayDone } from '../../parts/toasts.tsx';
import { When } from '../../parts/when.tsx';

type HistoryProps = {
  readonly jobId: number;
  /** Undefined for one that was deleted. */
  readonly job: Job | undefined;
  /** Later versions are left out. */
  readonly asOf: string | undefined;
};

/** Every version of a job: who changed what, when and why, and a way back. */
export const History = ({ jobId, job, asOf }: HistoryProps) => {
  const [reverted, setReverted] = useState<HistoryEntry>();
  const list = useList({
    key: ['job', jobId, 'history'],
    limit: 20,
    ask: (page, signal) =>
      pageOf(
        api.GET('/jobs/{id}/history', {
          params: { path: { id: jobId }, query: page },
          signal,
        }),
      ),
    touched: byDefinition(jobId),
  });
  if (list.items.length === 0 && !list.isPending) return null;
  const newest = list.items[0]?.version;
  const mayRevert = asOf === undefined && job !== undefined && session.may('scheduler:jobs:write');
  return (
    <section class="card whole" aria-labelledby="history">
      <header class="card-head">
        <h2 id="history">History</h2>
      </header>
      <div class="card-body">
        {list.isPending ? <Loading lines={3} /> : null}
        <ol class="history">
          {list.items
            .filter(({ at }) => asOf === undefined || at <= asOf)
            .map((entry) => (
              <Version
                key={entry.version}
                entry={entry}
                zone={job?.timezone}
                onRevert={mayRevert && entry.version !== newest ? () => setReverted(entry) : undefined}
              />
            ))}
        </ol>
        {list.hasMore ? (
          <button type="button" class="link" onClick={list.more}>
            Show older ones
          </button>
        ) : null}
      </div>
      {reverted === undefined ? null : (
        <RevertDialog jobId={jobId} entry={reverted} onClose={() => setReverted(undefined)} />
      )}
    </section>
  );
};

type VersionProps = {
  readonly entry: HistoryEntry;
  readonly zone: string | undefined;
  readonly onRevert: (() => void) | undefined;
};

const Version = ({ entry: { version, at, actor, action, reason, changes }, zone, onRevert }: VersionProps) => (
  <li>
    <details>
      <summary>
        <span class="tag">v{version}</span>
        <strong>{sayAction(action)}</strong>
        <span>
          by {actor}{' '}
          <span class="quiet">
            · <When at={at} zone={zone} />
          </span>
        </span>
        {reason === undefined ? null : <q>{reason}</q>}
        <span class="quiet small">
          {changes.length === 0
            ? ''
            : changes
                .map(({ path }) => path.slice(1))
                .slice(0, 4)
                .join(', ')}
        </span>
      </summary>
      <Changes changes={changes} />
      {onRevert === undefined ? null : (
        <button type="button" class="button" onClick={onRevert}>
          Revert to version {version}
        </button>
      )}
    </details>
  </li>
);

const ACTIONS: Readonly<Record<string, string>> = {
  createJob: 'Created',
  updateJob: 'Changed',
  enableJob: 'Enabled',
  disableJob: 'Disabled',
  deleteJob: 'Deleted',
  revertJob: 'Reverted',
};

const sayAction = (action: string): string => ACTIONS[action] ?? action;

/** Before and after, side by side. */
const Changes = ({ changes }: { readonly changes: readonly FieldChange[] }) =>
  changes.length === 0 ? (
    <p class="quiet">No field changed.</p>
  ) : (
    <div class="table-card">
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, from, to }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td class="diff-before">
                {from === undefined ? <span class="quiet">Nothing</span> : <pre>{printJson(from)}</pre>}
              </td>
              <td class="diff-after">
                {to === undefined ? <span class="quiet">Nothing</span> : <pre>{printJson(to)}</pre>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

type RevertProps = { readonly jobId: number; readonly entry: HistoryEntry; readonly onClose: () => void };

const RevertDialog = ({ jobId, entry: { version }, onClose }: RevertProps) => (
  <ActDialog
    title={`Revert to version ${version}`}
    verb="Revert"
    onClose={onClose}
    act={async (reason) => {
      const params = { path: { id: jobId, version }, header: because(reason) };
      await done(api.POST('/jobs/{id}/history/{version}/revert', { params }));
      changed();
      sayDone(`The job is what version ${version} was`);
    }}
  >
    <p>The job becomes what that version was, as a new version. Nothing of its history is lost.</p>
  </ActDialog>
);
