import type { LogKind } from '../log-kind.ts';

export const postgres: LogKind = {
  name: 'postgres',
  schemes: ['postgres', 'postgresql'],
  traceName: 'postgresql',
  countsEvents: true,
  load: async () => (await import('./adapter.ts')).postgresAdapter,
};
