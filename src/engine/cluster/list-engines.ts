import type { ListLivingEngines, LivingEngine } from '../../commands/command-deps.ts';
import { engineStream } from '../../domain/streams.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { Engine, EngineStatus } from '../engine.ts';
import type { Member } from '../ports.ts';

/**
 * Makes what lists the engines of the installation: as the table of members knows them, and with the whole status for
 * the engine of this process, where it has one. An engine that left is gone, one that does not beat is `silent`.
 */
export const enginesOf =
  (membership: { all(): Promise<readonly Member[]> }, engine: Engine | undefined) =>
  async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const own = engine === undefined ? undefined : ownView(engine.status());
    const members = (await membership.all()).filter(({ state }) => state !== 'left');
    const joined = members.map((row) => ({
      ...memberView(row),
      ...(row.engineId === own?.engineId ? own : undefined),
    }));
    const isListed = own === undefined || joined.some(({ engineId }) => engineId === own.engineId);
    return isListed ? joined : [{ status: 'joining', ...own }, ...joined];
  };

/** Its own state is its `activity` here: `status` is what all engines have, as the others see them. */
const ownView = ({ state, why, ...status }: EngineStatus) => ({
  ...status,
  activity: state,
  ...(why === undefined ? {} : { reason: why }),
});

const memberView = ({ engineId, zoneData, timeoutMs, joinedMs, beatenMs, silentMs, state }: Member) => ({
  engineId,
  status: silentMs > timeoutMs ? 'silent' : state,
  zoneData,
  joinedAt: new Date(joinedMs).toISOString(),
  heartbeatAt: new Date(beatenMs).toISOString(),
});

type Heard = Pick<Member, 'engineId' | 'silentMs' | 'state' | 'timeoutMs'>;

/** Lists the engines whose last beat is young, be it in Postgres or in the log. */
export const livingEnginesOf = (
  membership: { engines(): Promise<readonly (LivingEngine & Heard)[]> },
  store: EventStore,
  clock: Clock,
): ListLivingEngines => {
  /** Which of these beat into the log, since they cannot reach Postgres. */
  const beatingInLog = async (engines: readonly Heard[]): Promise<ReadonlySet<string>> => {
    if (engines.length === 0) return new Set();
    const last = await store.readLast(engines.map(({ engineId }) => engineStream(engineId)));
    return new Set(
      engines.flatMap(({ engineId, timeoutMs }, index) => {
        const beat = last[index];
        if (beat === undefined || beat instanceof StreamParked) return [];
        return clock.now() - beat.recordedAt <= timeoutMs ? [engineId] : [];
      }),
    );
  };

  return async () => {
    // One that rests and has not said how far it has come is starting.
    const engines = (await membership.engines()).filter(
      ({ state, takenPosition }) => state === 'working' || takenPosition !== undefined,
    );
    const isSilent = ({ silentMs, timeoutMs }: Heard): boolean => silentMs > timeoutMs;
    const inLog = await beatingInLog(engines.filter(isSilent));
    return engines.filter((engine) => !isSilent(engine) || inLog.has(engine.engineId));
  };
};
