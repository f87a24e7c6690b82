import { DEAD_AFTER_MS } from './ownership.ts';
import type { Member } from './ports.ts';

/**
 * Who lives. Silence is measured by the clock of Postgres, which makes everybody look dead when it is put forward: so
 * one that this engine has heard beat keeps its life until it was not heard for as long by the engine's own clock.
 */
export type Pulses = {
  /** @param answer.atMs monotonic, when the answer came */
  hear(answer: { readonly serverMs: number; readonly members: readonly Member[]; readonly atMs: number }): void;
  /** The incarnations that jobs are shared among, sorted. */
  living(): readonly string[];
  /** Silent for so long that what it runs is lost; one that was found silent is given the time to be heard. */
  isDead(engineId: string): boolean;
};

type Pulse = {
  readonly beatenAtMs: number;
  readonly foundMs: number;
  readonly heardMs: number;
  readonly silentMs: number;
};

/** Two readings of one instant may be so far apart. */
const SAME_MS = 1;

export const createPulses = (): Pulses => {
  let pulses: ReadonlyMap<string, Pulse> = new Map();
  let nowMs = 0;

  const isSilent = ({ silentMs }: Pulse): boolean => silentMs > DEAD_AFTER_MS;
  const unheardMs = ({ heardMs }: Pulse): number => nowMs - heardMs;

  return {
    hear: ({ serverMs, members, atMs }) => {
      nowMs = atMs;
      const pulseOf = ({ engineId, silentMs }: Member): Pulse => {
        const beatenAtMs = serverMs - silentMs;
        const before = pulses.get(engineId);
        if (before === undefined) return { beatenAtMs, silentMs, foundMs: atMs, heardMs: Number.NEGATIVE_INFINITY };
        const hasBeaten = Math.abs(beatenAtMs - before.beatenAtMs) > SAME_MS;
        return { beatenAtMs, silentMs, foundMs: before.foundMs, heardMs: hasBeaten ? atMs : before.heardMs };
      };
      pulses = new Map(members.map((member) => [member.engineId, pulseOf(member)]));
    },
    living: () =>
      [...pulses]
        .filter(([, pulse]) => !isSilent(pulse) || unheardMs(pulse) <= DEAD_AFTER_MS)
        .map(([engineId]) => engineId)
        .sort(),
    isDead: (engineId) => {
      const pulse = pulses.get(engineId);
      if (pulse === undefined) return true;
      return isSilent(pulse) && unheardMs(pulse) > DEAD_AFTER_MS && nowMs - pulse.foundMs > DEAD_AFTER_MS;
    },
  };
};
