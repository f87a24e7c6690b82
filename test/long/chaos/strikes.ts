import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/runtime/runtime.ts';
import type { Installation, LogKind, StruckProcess } from './struck-engines.ts';

const STRIKES = [
  'kill an engine',
  'freeze an engine',
  'silence Postgres',
  'stop Postgres',
  'crash Postgres',
  'cut an engine off',
  'restart an engine',
] as const;
export type Strike = (typeof STRIKES)[number] | 'silence the log';

export type Struck = {
  readonly random: Random;
  readonly installation: Installation;
  /** No strike lasts longer than this, so that a short torture has room for several kinds. */
  readonly longestMs: number;
};

const SECOND_MS = 1_000;

/** Each kind of strike once in a while, in an order of the seed's. */
export function* plannedStrikes(log: LogKind, random: Random): Generator<Strike> {
  const kinds: Strike[] = log === 'eventstoredb' ? [...STRIKES, 'silence the log'] : [...STRIKES];
  for (;;) {
    const left = [...kinds];
    while (left.length > 0) yield* left.splice(Math.floor(random.fraction() * left.length), 1);
  }
}

/** Strikes, and resolves when the strike is over: with words for what exactly it was. */
export const strike = (kind: Strike, struck: Struck, say: (words: string) => void): Promise<string> =>
  RUN[kind](struck, say);

const between = ({ random, longestMs }: Struck, lowS: number, highS: number): number =>
  Math.min(longestMs, Math.round((lowS + random.fraction() * (highS - lowS)) * SECOND_MS));
const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(1)} s`;

const oneOf = ({ random, installation }: Struck): StruckProcess => {
  const engine = installation.engines[Math.floor(random.fraction() * installation.engines.length)];
  if (engine === undefined) throw new Error('there is no engine');
  return engine;
};

type Run = (struck: Struck, say: (words: string) => void) => Promise<string>;

/** Cuts ways for a while. */
const cutting =
  (waysOf: (struck: Struck) => Installation['ways']['postgres'], [lowS, highS]: readonly [number, number]): Run =>
  async (struck, say) => {
    const forMs = between(struck, lowS, highS);
    say(seconds(forMs));
    const ways = waysOf(struck);
    for (const way of ways) way.cut();
    await sleep(forMs);
    for (const way of ways) way.mend();
    return seconds(forMs);
  };

const restarting =
  (how: 'in order' | 'at once'): Run =>
  async (struck, say) => {
    const downMs = between(struck, 1, 20);
    say(seconds(downMs));
    await struck.installation.restartPostgres(how, downMs);
    return seconds(downMs);
  };

const RUN: Readonly<Record<Strike, Run>> = {
  'kill an engine': async (struck, say) => {
    const engine = oneOf(struck);
    const downMs = between(struck, 0, 15);
    say(`${engine.name}, away for ${seconds(downMs)}`);
    await engine.service.end('SIGKILL');
    await sleep(downMs);
    await struck.installation.startAgain(engine);
    return engine.name;
  },
  'freeze an engine': async (struck, say) => {
    const engine = oneOf(struck);
    const forMs = between(struck, 2, 25);
    say(`${engine.name} for ${seconds(forMs)}`);
    engine.service.freeze();
    await sleep(forMs);
    engine.service.thaw();
    return `${engine.name} for ${seconds(forMs)}`;
  },
  'silence Postgres': cutting(({ installation }) => installation.ways.postgres, [5, 60]),
  'silence the log': cutting(({ installation }) => installation.ways.log, [5, 60]),
  'cut an engine off': cutting((struck) => oneOf(struck).ways, [5, 40]),
  'stop Postgres': restarting('in order'),
  'crash Postgres': restarting('at once'),
  'restart an engine': async (struck, say) => {
    const engine = oneOf(struck);
    say(engine.name);
    const code = await engine.service.end('SIGTERM');
    if (code !== 0) throw new Error(`${engine.name} ended with ${code}`);
    await struck.installation.startAgain(engine);
    return engine.name;
  },
};
