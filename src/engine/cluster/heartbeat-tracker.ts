import { NO_STREAM, type Revision } from '../../event-store/port.ts';
import type { Member } from '../ports.ts';
import { heartbeatIntervalMs, MAX_ENGINE_TIMEOUT_MS } from './ownership.ts';

/**
 * Detects dead engines by their heartbeats in Postgres and in the log. An engine is dead if this engine heard no beat
 * of it for that engine's timeout of listening time. Listening time runs by this engine's monotonic clock, and only while its own
 * beats go through. So a clock that was set, a lost table of members, an outage of Postgres or a pause of this process
 * doesn't make a living engine look dead.
 */
export type HeartbeatTracker = {
  /** Takes Postgres's response to a beat. @param response.atMs monotonic instant at which the response came */
  hear(response: { readonly members: readonly Member[]; readonly atMs: number }): void;
  /** Takes a beat from the log, unless it is known already; revision NO_STREAM says that the log has none. */
  hearInLog(beat: { readonly engineId: string; readonly revision: Revision; readonly atMs: number }): void;
  /** Whether this engine's last beat in the log is known: only then does another revision show that it lives. */
  knowsLogOf(engineId: string): boolean;
  /** The living engines that have not left, eldest first. */
  living(): readonly Member[];
  /** The engines that worked already at this one's last beat, by the clock of Postgres. */
  livingSince(engineId: string): readonly string[];
  /** Whether an engine is dead. An engine unknown so far is not: listening for it begins now. */
  isDead(engineId: string): boolean;
};

type Pulse = {
  /** Its row in Postgres's last response that had one; undefined if none had. */
  readonly member: Member | undefined;
  /** Revision of its last beat in the log, NO_STREAM for none; undefined until it is known. */
  readonly logRevision: Revision | undefined;
  /** Listening time at its last beat; before the first one, when it became known. */
  readonly heardMs: number;
  /**
   * How long it had been silent by the clock of Postgres when it became known; 0 once a beat is heard. That clock may
   * have been set, so this decides who gets jobs, but not who is dead.
   */
  readonly silentBeforeMs: number;
};

/** An engine that is no longer in the table is forgotten after so much silence. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** @param ownTimeoutMs timeout of the engine that listens */
export const createHeartbeatTracker = (ownTimeoutMs: number): HeartbeatTracker => {
  /** Most listening time between two responses: any more was an outage or a pause, of which nothing counts. */
  const maxListenedMs = 3 * heartbeatIntervalMs(ownTimeoutMs);
  const pulses = new Map<string, Pulse>();
  let listenedMs = 0;
  let respondedAtMs = Number.POSITIVE_INFINITY;

  const listeningAt = (atMs: number): number => {
    const sinceMs = atMs - respondedAtMs;
    return sinceMs > 0 && sinceMs <= maxListenedMs ? listenedMs + sinceMs : listenedMs;
  };
  const silenceMs = ({ heardMs }: Pulse): number => listenedMs - heardMs;
  const timeoutOf = ({ member }: Pulse): number => member?.timeoutMs ?? MAX_ENGINE_TIMEOUT_MS;

  const hearMember = (member: Member): void => {
    const before = pulses.get(member.engineId);
    // The first row of an engine that was known only from the log is a beat as well.
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
      respondedAtMs = atMs;
      for (const member of members) hearMember(member);
      const named = new Set(members.map(({ engineId }) => engineId));
      for (const [engineId, pulse] of pulses)
        if (!named.has(engineId) && silenceMs(pulse) > FORGOTTEN_AFTER_MS) pulses.delete(engineId);
    },
    hearInLog: ({ engineId, revision, atMs }) => {
      const before = pulses.get(engineId);
      const isFirst = before?.logRevision === undefined;
      if (!isFirst && revision <= before.logRevision) return;
      pulses.set(engineId, {
        member: before?.member,
        logRevision: revision,
        heardMs: before !== undefined && revision === NO_STREAM ? before.heardMs : listeningAt(atMs),
        // The first beat that is known may have been appended long ago.
        silentBeforeMs: isFirst ? (before?.silentBeforeMs ?? 0) : 0,
      });
    },
    knowsLogOf: (engineId) => pulses.get(engineId)?.logRevision !== undefined,
    living: () =>
      [...pulses.values()]
        .filter((pulse) => silenceMs(pulse) + pulse.silentBeforeMs <= timeoutOf(pulse))
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
      if (pulse !== undefined) return pulse.member?.state === 'left' || silenceMs(pulse) > timeoutOf(pulse);
      pulses.set(engineId, { member: undefined, logRevision: undefined, heardMs: listenedMs, silentBeforeMs: 0 });
      return false;
    },
  };
};
