import type { Metrics } from '../telemetry/metrics.ts';

/** Makes what counts lost connections to the log; without metrics it counts nothing. */
export const reconnectCounter = <Connection extends string>(
  metrics: Pick<Metrics, 'counter'> | undefined,
  connections: readonly Connection[],
): ((connection: Connection) => void) => {
  const count = metrics?.counter({
    name: 'carillon_log_reconnects_total',
    help: 'Connections to the log that were lost or failed, by what they were for.',
    labels: ['connection'],
  });
  // An alarm on an increase needs the value before the first one.
  for (const connection of connections) count?.({ connection }, 0);
  return (connection) => count?.({ connection });
};
