import type { Operation } from '../../../packages/client/src/schema.ts';
import { api, done, pageOf } from '../api/client.ts';
import { changed, useList } from '../api/queries.ts';
import { type Permission, session } from '../api/session.ts';
import { BackfillList } from '../components/backfill-list.tsx';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status, type StatusName } from '../components/status.tsx';
import { showError, showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { capital, formatAction, formatCode } from '../format/codes.ts';
import { formatNumber } from '../format/count.ts';

const POLL_INTERVAL_MS = 1_000;

/** Bulk operations and their progress. */
const Operations = () => {
  const list = useList({
    key: ['operations'],
    load: (page, signal) =>
      pageOf(
        api.GET('/operations', {
          params: { query: page },
          signal,
        }),
      ),
    everyMs: POLL_INTERVAL_MS,
    until: (operations) => operations.every(isOver),
  });
  return (
    <>
      <PageHead title="Operations" />
      <ListCard
        title="Bulk operations, newest first"
        list={list}
        keyOf={({ id }) => id}
        empty="No operations"
        hint="Start one with “Actions for all…” in the list of jobs or executions, or with POST /jobs/bulk or /executions/bulk."
        columns={[
          { title: 'Operation', cell: ({ id, action, of }) => `${id}: ${capital(action)} ${of}` },
          { title: 'Filter', cell: ({ filter }) => formatFilter(filter) },
          { title: 'State', cell: ({ status }) => <Status name={SHOWN[status]}>{status}</Status> },
          { title: 'Progress', cell: (operation) => <Progress operation={operation} /> },
          {
            title: 'Requested',
            cell: ({ createdAt, createdBy, reason }) => (
              <>
                <When at={createdAt} /> by {createdBy}
                {reason === undefined ? null : <span class="quiet"> · {reason}</span>}
              </>
            ),
          },
          { title: 'Actions', cell: (operation) => <StopButton operation={operation} /> },
        ]}
      />
      <BackfillList load={(page, signal) => pageOf(api.GET('/backfills', { params: { query: page }, signal }))} />
    </>
  );
};

export default Operations;

const SHOWN: Readonly<Record<Operation['status'], StatusName>> = {
  pending: 'pending',
  running: 'running',
  cancelling: 'running',
  completed: 'succeeded',
  cancelled: 'cancelled',
  failed: 'failed',
};

const isOver = ({ status }: Operation): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed';

const formatFilter = (filter: object): string =>
  Object.entries(filter)
    .map(([name, value]) => (value === true && name === 'all' ? 'All' : `${formatAction(name)}: ${formatValue(value)}`))
    .join(', ');

const formatValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([key, each]) => (Array.isArray(value) ? String(each) : `${key}:${String(each)}`))
        .join(' ')
    : String(value);

const formatRejected = (code: string): string => `${formatCode(code)}, ${code}`;

const Progress = ({ operation }: { readonly operation: Operation }) => {
  const { id, total, done: ended, error } = operation;
  const rejected = Object.values(operation.rejected).reduce((sum, count) => sum + count, 0);
  return (
    <>
      {isOver(operation) ? null : (
        <progress max={Math.max(1, total ?? 1)} value={ended + rejected} aria-label={`Operation ${id}`} />
      )}{' '}
      {formatNumber(ended)}
      {total === undefined ? '' : ` of ${formatNumber(total)}`}
      {rejected === 0
        ? ''
        : `, ${formatNumber(rejected)} rejected (${Object.keys(operation.rejected).map(formatRejected).join(', ')})`}
      {error === undefined ? '' : ` · ${formatRejected(error.code)}: ${error.message}`}
    </>
  );
};

/** Users who can do what the operation does can stop it. */
const NEEDS: Readonly<Record<Operation['action'], Permission>> = {
  enable: 'scheduler:jobs:write',
  disable: 'scheduler:jobs:write',
  label: 'scheduler:jobs:write',
  delete: 'scheduler:jobs:write',
  trigger: 'scheduler:jobs:trigger',
  rerun: 'scheduler:jobs:trigger',
  cancel: 'scheduler:executions:cancel',
};

const StopButton = ({ operation }: { readonly operation: Operation }) => {
  const { id, action, status } = operation;
  if (isOver(operation) || status === 'cancelling' || !session.may(NEEDS[action])) return null;
  const stop = async () => {
    try {
      await done(api.DELETE('/operations/{id}', { params: { path: { id } } }));
      changed();
      showSuccess(`Stopped operation ${id}`);
    } catch (error) {
      showError(error);
    }
  };
  return (
    <button type="button" class="button" onClick={() => void stop()}>
      Stop
    </button>
  );
};
