import { lookLater } from '../../runtime/keep-looking.ts';
import { createOutageLog } from '../../runtime/outage.ts';
import type { World } from '../../runtime/world.ts';
import { type CommonTime, untilSharp } from './common-time.ts';

/** Keeps a process without an engine on the common time, by which its commands decide. */
export type TimeKeeper = {
  /** Resolves once an answer was fast enough to tell the time by, or after five slow ones. */
  start(): Promise<void>;
  stop(): void;
};

type Options = {
  /** Reads the clock of Postgres, epoch ms. */
  readonly serverTime: () => Promise<number>;
  readonly time: CommonTime;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
};

const EVERY_MS = 5_000;

export const createTimeKeeper = ({ serverTime, time, world }: Options): TimeKeeper => {
  const stopping = new AbortController();

  /** @returns how long the answer took, ms */
  const measure = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    const serverMs = await serverTime();
    const receivedMs = world.clock.monotonic();
    time.observe({ serverMs, sentMs, receivedMs });
    return receivedMs - sentMs;
  };

  const asking = createOutageLog(world.log, 'measurements of the common clock');

  const look = async (): Promise<void> => {
    try {
      await measure();
      asking.worked();
    } catch (error) {
      asking.failed(error);
    }
  };

  return {
    start: async () => {
      await untilSharp(measure);
      void lookLater(look, { timers: world.timers, everyMs: EVERY_MS, signal: stopping.signal });
    },
    stop: () => stopping.abort(),
  };
};
