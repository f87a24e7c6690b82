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
  const isSilent = ({ silentMs, timeoutMs }: Heard): boolean => silentMs > timeoutMs;

  return async () => {
    // One that rests and has not said how far it has come is starting.
    const engines = (await membership.engines()).filter(
      ({ state, takenPosition }) => state === 'working' || takenPosition !== undefined,
    );
    // An engine that can't reach Postgres beats into the log.
    const silent = engines.filter(isSilent);
    const last = silent.length === 0 ? [] : await store.readLast(silent.map(({ engineId }) => engineStream(engineId)));
    const beatingInLog = silent.filter(({ timeoutMs }, index) => {
      const beat = last[index];
      return beat !== undefined && !(beat instanceof StreamParked) && clock.now() - beat.recordedAt <= timeoutMs;
    });
    return engines.filter((engine) => !isSilent(engine) || beatingInLog.includes(engine));
  };
};
