import { useEffect } from 'preact/hooks';
import type { Operation } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done } from '../api/client.ts';
import { changed, useQuery } from '../api/queries.ts';
import { formatCode } from '../format/codes.ts';
import { formatCount, formatNumber } from '../format/count.ts';
import { dismissOperation, operations, startOperation, VERBS } from './bulk-actions.ts';
import { ONE } from './bulk-menu.tsx';
import type { Action, Work } from './bulk-work.ts';
import { showError } from './toasts.tsx';

/** Progress of the operations on jobs or executions that were started on this page. */
export const BulkProgress = ({ of }: { readonly of: Work['of'] }) => (
  <div role="status" aria-live="polite">
    {operations.value
      .filter((each) => each.of === of)
      .map(({ id, action }) => (
        <Progress key={id} id={id} of={of} action={action} />
      ))}
  </div>
);

const POLL_INTERVAL_MS = 1_000;

const isOver = ({ status }: Operation): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed';

type ProgressProps = { readonly id: number; readonly of: Work['of']; readonly action: Action };

const Progress = ({ id, of, action }: ProgressProps) => {
  const { data: operation } = useQuery({
    key: ['operation', id],
    load: (signal) => dataOf(api.GET('/operations/{id}', { params: { path: { id } }, signal })),
    everyMs: POLL_INTERVAL_MS,
    until: isOver,
  });
  const over = operation !== undefined && isOver(operation);
  useEffect(() => {
    if (over) changed();
  }, [over]);
  if (operation === undefined) return null;
  const rejected = Object.values(operation.rejected).reduce((sum, count) => sum + count, 0);
  const stop = () => done(api.DELETE('/operations/{id}', { params: { path: { id } } })).catch(showError);
  return (
    <div class="progress">
      <span>{formatProgress(operation, { one: ONE[of], action, rejected })}</span>
      <progress
        max={Math.max(1, operation.total ?? 1)}
        value={operation.done + rejected}
        aria-label={`Operation ${id}`}
      />
      {over ? <Undo operation={operation} action={action} /> : null}
      {over ? (
        <button type="button" class="link" onClick={() => dismissOperation(id)}>
          Dismiss
        </button>
      ) : (
        <button type="button" class="link" onClick={() => void stop()}>
          Stop
        </button>
      )}
    </div>
  );
};

const formatProgress = (
  operation: Operation,
  { one, action, rejected }: { readonly one: string; readonly action: Action; readonly rejected: number },
): string => {
  const { verb, past } = VERBS[action];
  const ofThem =
    rejected === 0
      ? ''
      : `, ${formatNumber(rejected)} rejected (${Object.keys(operation.rejected).map(formatCode).join(', ')})`;
  switch (operation.status) {
    case 'pending':
      return `${verb}: queued`;
    case 'running':
    case 'cancelling':
      return `${verb}: ${formatNumber(operation.done)} of ${formatCount(operation.total ?? 0, one)}${ofThem}`;
    case 'completed':
      return `${formatCount(operation.done, one)} ${past}${ofThem}`;
    case 'cancelled':
      return `Stopped after ${formatCount(operation.done, one)}${ofThem}`;
    case 'failed':
      return `Failed after ${formatCount(operation.done, one)}: ${operation.error?.message ?? operation.error?.code ?? ''}`;
  }
};

/** Undoes the operation for jobs that no one has changed since. */
const Undo = ({ operation, action }: { readonly operation: Operation; readonly action: Action }) => {
  const { back } = VERBS[action];
  if (back === undefined || operation.done === 0) return null;
  const undo = async () => {
    try {
      await startOperation(
        { of: 'jobs', action: back, filter: { correlationId: operation.correlationId } },
        'Change undone',
      );
      dismissOperation(operation.id);
    } catch (error) {
      showError(error);
    }
  };
  return (
    <button type="button" class="link" onClick={() => void undo()}>
      Undo
    </button>
  );
};
