import { useEffect } from 'preact/hooks';
import { answerOf, api, done } from '../../api/client.ts';
import { changed, useQuery } from '../../api/queries.ts';
import type { Operation } from '../../api/schema.ts';
import { sayFailed } from '../../parts/toasts.tsx';
import { sayCount, sayNumber } from '../../words/count.ts';
import { type Action, dismissOperation, operations, startOperation, VERBS } from './bulk-actions.ts';

/** How far the operations are that this page began. */
export const BulkProgress = () => (
  <div role="status" aria-live="polite">
    {operations.value.map(({ id, action }) => (
      <Progress key={id} id={id} action={action} />
    ))}
  </div>
);

const LOOK_MS = 1_000;

const isOver = ({ status }: Operation): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed';

const Progress = ({ id, action }: { readonly id: number; readonly action: Action }) => {
  const { data: operation } = useQuery({
    key: ['operation', id],
    ask: (signal) => answerOf(api.GET('/operations/{id}', { params: { path: { id } }, signal })),
    everyMs: LOOK_MS,
    until: isOver,
  });
  const over = operation !== undefined && isOver(operation);
  useEffect(() => {
    if (over) changed();
  }, [over]);
  if (operation === undefined) return null;
  const refused = Object.values(operation.refused).reduce((sum, count) => sum + count, 0);
  const stop = () => done(api.DELETE('/operations/{id}', { params: { path: { id } } })).catch(sayFailed);
  return (
    <div class="progress">
      <span>{says(operation, { action, refused })}</span>
      <progress
        max={Math.max(1, operation.total ?? 1)}
        value={operation.done + refused}
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

const says = (
  operation: Operation,
  { action, refused }: { readonly action: Action; readonly refused: number },
): string => {
  const { verb, past } = VERBS[action];
  const ofThem = refused === 0 ? '' : `, ${sayNumber(refused)} refused (${Object.keys(operation.refused).join(', ')})`;
  switch (operation.status) {
    case 'pending':
      return `${verb}: it waits for its turn`;
    case 'running':
    case 'cancelling':
      return `${verb}: ${sayNumber(operation.done)} of ${sayCount(operation.total ?? 0, 'job')}${ofThem}`;
    case 'completed':
      return `${sayCount(operation.done, 'job')} ${past}${ofThem}`;
    case 'cancelled':
      return `Stopped after ${sayCount(operation.done, 'job')}${ofThem}`;
    case 'failed':
      return `Broke off after ${sayCount(operation.done, 'job')}: ${operation.error?.message ?? operation.error?.code ?? ''}`;
  }
};

/** Takes back what the operation did to jobs that nobody has changed since. */
const Undo = ({ operation, action }: { readonly operation: Operation; readonly action: Action }) => {
  const { back } = VERBS[action];
  if (back === undefined || operation.done === 0) return null;
  const undo = async () => {
    try {
      await startOperation({ action: back, filter: { correlationId: operation.correlationId } }, 'Undone');
      dismissOperation(operation.id);
    } catch (error) {
      sayFailed(error);
    }
  };
  return (
    <button type="button" class="link" onClick={() => void undo()}>
      Undo
    </button>
  );
};
