import type { Position } from '../event-store/port.ts';

/** An engine that lives, and how far it has taken in the log; undefined for one of a release that does not tell. */
export type LivingEngine = { readonly engineId: string; readonly takenPosition: Position | undefined };

/**
 * Lists the engines that live and call, or have yet to end calls. One that starts is left out: it reads on to the log's
 * end before it claims.
 */
export type ListLivingEngines = () => Promise<readonly LivingEngine[]>;
