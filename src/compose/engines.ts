import type { EngineRow, MembershipTable } from '../db/membership.ts';
import { DEAD_AFTER_MS } from '../engine/cluster/ownership.ts';
import type { Engine } from '../engine/engine.ts';

type EngineSources = {
  readonly membership: Pick<MembershipTable, 'all'>;
  /** The engine of this process, where it has one. */
  readonly engine: Pick<Engine, 'status'> | undefined;
};

/**
 * Makes what lists the engines of the installation: as the table of members knows them, and with the whole status for
 * the engine of this process. An engine that left is gone, one that does not beat is `silent`.
 */
export const enginesOf =
  ({ membership, engine }: EngineSources) =>
  async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const own = engine?.status();
    const members = (await membership.all()).filter(({ state }) => state !== 'left');
    const joined = members.map((row) => ({
      ...memberView(row),
      ...(row.engineId === own?.engineId ? own : undefined),
    }));
    const isListed = own === undefined || joined.some(({ engineId }) => engineId === own.engineId);
    return isListed ? joined : [{ membership: 'joining', ...own }, ...joined];
  };

const memberView = ({ engineId, zoneData, joinedMs, beatenMs, silentMs, state }: EngineRow) => ({
  engineId,
  membership: silentMs > DEAD_AFTER_MS ? 'silent' : state,
  zoneData,
  joinedAt: new Date(joinedMs).toISOString(),
  beatenAt: new Date(beatenMs).toISOString(),
});
