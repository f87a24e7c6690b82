import type { Route } from '../../src/http/route.ts';
import { routesOf } from '../../src/http/routes/index.ts';
import { fakeCommands, fakeQueries } from './http.ts';
import { fakeProver } from './prover.ts';
import { manualWorld } from './world.ts';

/** Every route of the API, to be looked at: what a test says of all routes holds for the next one too. */
export const allRoutes: readonly Route[] = routesOf({
  commands: fakeCommands,
  queries: fakeQueries,
  clock: manualWorld().clock,
  logBegan: async () => undefined,
  sync: async () => ({ applications: [], position: undefined }),
  preview: async () => ({ value: { words: '', slots: [] } }),
  projections: { list: async () => [], build: async () => [], plan: async () => [] },
  explainLog: async () => undefined,
  alertRule: async () => undefined,
  erasureOf: async () => undefined,
  testAlertRule: async () => [],
  prover: fakeProver,
  engines: async () => [],
  quotas: { countTrigger: () => {} },
});

export const nameOf = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`;
