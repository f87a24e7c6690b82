import type { Run } from '../simulate.ts';

/** An execution whose cancelling was answered is not called any more, and has not failed in the end. */
export const checkCancels = (run: Run): string[] => [...calledAfter(run), ...cancelsAmiss(run)];

/** One that is cancelled may still have succeeded; anything else that ends it is its cancelling. */
export const cancelsAmiss = ({ events }: Pick<Run, 'events'>): string[] => {
  const cancelled = new Set<number>();
  return events.flatMap((event) => {
    if (event.type === 'CancelRequested') cancelled.add(event.data.executionId);
    return (event.type === 'ExecutionFailed' || event.type === 'ExecutionAttemptFailed') &&
      cancelled.has(event.data.executionId)
      ? [`execution ${event.data.executionId} failed by ${event.data.error.code} after it was to be cancelled`]
      : [];
  });
};

const calledAfter = ({ acknowledged, calls }: Run): string[] =>
  acknowledged
    .filter(({ command }) => command.ask.kind === 'cancel')
    .flatMap(({ executionId, atMs }) =>
      calls
        .filter((call) => call.executionId === executionId && call.atMs > atMs)
        .map((call) => `execution ${executionId} was called at ${call.atMs} ms, cancelled at ${atMs} ms`),
    );
