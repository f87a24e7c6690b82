import type { Revision } from '../../event-store/port.ts';
import type { Member } from '../ports.ts';
import { BEAT_EVERY_MS, DEAD_AFTER_MS } from './ownership.ts';

/**
 * Who lives, by heartbeats in Postgres and in the log. An engine is dead once nothing was heard of it for two leases of
 * listening. Listening time is this engine's own, by its monotonic clock, and goes on only while its own beats go
 * through: so neither a clock that was put, nor a table of members that was lost, nor an outage of Postgres, nor a pause
 * of this process makes a living engine look dead.
 */
export type Pulses = {
  /** @param answer.atMs monotonic, when the answer came */
  hear(answer: { readonly members: readonly Member[]; readonly atMs: number }): void;
  /** A beat in the log; one that is known already says nothing. */
  hearInLog(beat: { readonly engineId: string; readonly revision: Revision; readonly atMs: number }): void;
  /** Those that have not left, the eldest first. */
  living(): readonly Member[];
  /** Those who worked before the last beat of this one, as far as the clock of Postgres tells. */
  livingSince(engineId: string): readonly string[];
  /** What it runs is lost. One that was never heard of is listened for from now on. */
  isDead(engineId: string): boolean;
};

type Pulse = {
  /** As Postgres told last; undefined where it never did. */
  readonly member: Member | undefined;
  readonly logRevision: Revision | undefined;
  /** Listening time at its last beat; until the first one is heard, when it was found. */
  readonly heardMs: number;
  /**
   * For how long Postgres had not heard it when it was found; 0 once a beat of it is heard. The clock of Postgres may
   * have been put, so this tells who is given jobs, and not who is dead.
   */
  readonly silentBeforeMs: number;
};

/** An answer tells of so much time before it at most: what goes beyond was an outage or a pause. */
const MOST_LISTENED_MS = 3 * BEAT_EVERY_MS;
/** An engine that was silent for longer is of no interest to anybody. */
const FORGOTTEN_AFTER_MS = 3_600_000;

export const createPulses = (): Pulses => {
  const pulses = new Map<string, Pulse>();
  let listenedMs = 0;
  let answeredAtMs = Number.POSITIVE_INFINITY;

  const listeningAt = (atMs: number): number =>
    listenedMs + Math.min(Math.max(0, atMs - answeredAtMs), MOST_LISTENED_MS);
  const silenceMs = ({ heardMs }: Pulse): number => listenedMs - heardMs;

  const hearMember = (member: Member): void => {
    const before = pulses.get(member.engineId);
    // A row that was not there before is a beat as well.
    const hasBeaten = before !== undefined && before.member?.beatenMs !== member.beatenMs;
    pulses.set(member.engineId, {
      member,
      logRevision: before?.logRevision,
      heardMs: before === undefined || hasBeaten ? listenedMs : before.heardMs,
      silentBeforeMs: hasBeaten ? 0 : (before?.silentBeforeMs ?? Math.max(0, member.silentMs)),
    });
  };

  return {
    hear: ({ members, atMs }) => {
      listenedMs = listeningAt(atMs);
      answeredAtMs = atMs;
      for (const member of members) hearMember(member);
      const named = new Set(members.map(({ engineId }) => engineId));
      for (const [engineId, pulse] of pulses)
        if (!named.has(engineId) && silenceMs(pulse) > FORGOTTEN_AFTER_MS) pulses.delete(engineId);
    },
    hearInLog: ({ engineId, revision, atMs }) => {
      const before = pulses.get(engineId);
      if (before?.logRevision !== undefined && revision <= before.logRevision) return;
      const heardMs = listeningAt(atMs);
      pulses.set(engineId, { member: before?.member, logRevision: revision, heardMs, silentBeforeMs: 0 });
    },
    living: () =>
      [...pulses.values()]
        .filter((pulse) => silenceMs(pulse) + pulse.silentBeforeMs <= DEAD_AFTER_MS)
        .flatMap(({ member }) => (member === undefined || member.state === 'left' ? [] : [member]))
        .sort((a, b) => a.joinedMs - b.joinedMs || (a.engineId < b.engineId ? -1 : 1)),
    livingSince: (engineId) => {
      const lastMs = pulses.get(engineId)?.member?.beatenMs ?? Number.NEGATIVE_INFINITY;
      return [...pulses.values()].flatMap(({ member }) =>
        member !== undefined && member.joinedMs <= lastMs ? [member.engineId] : [],
      );
    },
    isDead: (engineId) => {
      const pulse = pulses.get(engineId);
      if (pulse !== undefined) return pulse.member?.state === 'left' || silenceMs(pulse) > DEAD_AFTER_MS;
      pulses.set(engineId, { member: undefined, logRevision: undefined, heardMs: listenedMs, silentBeforeMs: 0 });
      return false;
    },
  };
};
