import { comparePositions, type Position } from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import type { CommandDeps, LivingEngine } from '../command-deps.ts';

const MAX_WAIT_MS = 5_000;
const POLL_INTERVAL_MS = 50;

/** Placeholder if the live engines are unknown. */
const UNKNOWN = ['unknown'] as const;

/**
 * Waits up to 5 s until every live engine has applied a calendar or pause change. After that, no engine makes a call that
 * the change forbids.
 * @param position of the change; if nothing was recorded, the position of the stream's last event is used
 * @returns the engines that have not applied it
 */
export const awaitEngines = async (
  { livingEngines, store, world }: CommandDeps,
  { stream, position }: { readonly stream: string; readonly position: Position | undefined },
): Promise<readonly string[]> => {
  const changedAt = position ?? (await lastEventOf(store, stream))?.position;
  if (changedAt === undefined) return [];
  const isBehind = ({ takenPosition }: LivingEngine): boolean =>
    takenPosition === undefined || comparePositions(takenPosition, changedAt) < 0;
  const look = async (): Promise<readonly string[]> => {
    try {
      return (await livingEngines()).filter(isBehind).map(({ engineId }) => engineId);
    } catch (error) {
      world.log.warn({ error }, 'the engines that applied a change are not known');
      return UNKNOWN;
    }
  };
  const { monotonic } = world.clock;
  for (const limitMs = monotonic() + MAX_WAIT_MS; ; await world.timers.sleep(POLL_INTERVAL_MS)) {
    const behind = await look();
    if (behind.length === 0 || monotonic() >= limitMs) return behind;
  }
};
