import type { Revision } from '../event-store/port.ts';
import { DEAD_AFTER_MS } from './ownership.ts';
import type { Member } from './ports.ts';

/**
 * Who lives, by heartbeats in Postgres and in the log. Silence in Postgres is measured by its clock, which makes
 * everybody look dead when it is put forward: so one that this engine has heard beat keeps its life until it was not
 * heard for as long by the engine's own clock.
 */
export type Pulses = {
  /** @param answer.atMs monotonic, when the answer came */
  hear(answer: { readonly serverMs: number; readonly members: readonly Member[]; readonly atMs: number }): void;
  /** A beat in the log; one that is known already says nothing. */
  hearInLog(beat: { readonly engineId: string; readonly revision: Revision; readonly atMs: number }): void;
  /** The eldest first. */
  living(): readonly Member[];
  /** Silent for so long that what it runs is lost; one that was found silent is given the time to be heard. */
  isDead(engineId: string): boolean;
};

type Pulse = {
  /** As Postgres told last; undefined where it never did. */
  readonly member: Member | undefined;
  /** By the clock of Postgres. */
  readonly beatenAtMs: number;
  readonly silentMs: number;
  readonly logRevision: Revision | undefined;
  readonly foundMs: number;
  readonly heardMs: number;
};

/** Two readings of one instant may be so far apart. */
const SAME_MS = 1;

export const createPulses = (): Pulses => {
  const pulses = new Map<string, Pulse>();
  let nowMs = 0;

  const isSilent = ({ silentMs }: Pulse): boolean => silentMs > DEAD_AFTER_MS;
  const isUnheard = ({ heardMs }: Pulse): boolean => nowMs - heardMs > DEAD_AFTER_MS;

  /** Postgres has forgotten it, since it left or by an accident. */
  const forget = (engineId: string, pulse: Pulse): void => {
    if (pulse.logRevision === undefined) pulses.delete(engineId);
    else pulses.set(engineId, { ...pulse, silentMs: Number.POSITIVE_INFINITY });
  };

  return {
    hear: ({ serverMs, members, atMs }) => {
      nowMs = atMs;
      const named = new Set(members.map(({ engineId }) => engineId));
      for (const [engineId, pulse] of pulses) if (!named.has(engineId)) forget(engineId, pulse);
      for (const member of members) {
        const { engineId, silentMs } = member;
        const beatenAtMs = serverMs - silentMs;
        const before = pulses.get(engineId);
        const hasBeaten = before !== undefined && Math.abs(beatenAtMs - before.beatenAtMs) > SAME_MS;
        pulses.set(engineId, {
          member,
          beatenAtMs,
          silentMs,
          logRevision: before?.logRevision,
          foundMs: before?.foundMs ?? atMs,
          heardMs: hasBeaten ? atMs : (before?.heardMs ?? Number.NEGATIVE_INFINITY),
        });
      }
    },
    hearInLog: ({ engineId, revision, atMs }) => {
      const before = pulses.get(engineId) ?? {
        member: undefined,
        beatenAtMs: Number.NEGATIVE_INFINITY,
        silentMs: Number.POSITIVE_INFINITY,
        logRevision: undefined,
        foundMs: atMs,
      };
      if (before.logRevision !== undefined && revision <= before.logRevision) return;
      pulses.set(engineId, { ...before, logRevision: revision, heardMs: atMs });
    },
    living: () =>
      [...pulses.values()]
        .filter((pulse) => !isSilent(pulse) || !isUnheard(pulse))
        .flatMap(({ member }) => (member === undefined ? [] : [member]))
        .sort((a, b) => a.joinedMs - b.joinedMs || (a.engineId < b.engineId ? -1 : 1)),
    isDead: (engineId) => {
      const pulse = pulses.get(engineId);
      if (pulse === undefined) return true;
      return isSilent(pulse) && isUnheard(pulse) && nowMs - pulse.foundMs > DEAD_AFTER_MS;
    },
  };
};
