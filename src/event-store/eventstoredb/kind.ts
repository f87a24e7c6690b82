import type { LogKind } from '../log-kind.ts';

export const eventStoreDb: LogKind = {
  name: 'eventstoredb',
  schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
  traceName: 'eventstoredb',
  // The server's own events have positions between those of the log.
  countsEvents: false,
  load: async () => (await import('./adapter.ts')).eventStoreDbAdapter,
};
