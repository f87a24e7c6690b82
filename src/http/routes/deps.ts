import type { Commands } from '../../commands/port.ts';
import type { Queries } from '../../projections/queries/port.ts';

export type RouteDeps = {
  readonly commands: Commands;
  readonly queries: Queries;
  /** The engines that are known to live, as `GET /stats` shows them. */
  readonly engines: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
};
