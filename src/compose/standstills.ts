import type { EventStore, Position } from '../event-store/port.ts';
import { createProgress, type Progress } from '../event-store/progress.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { World } from '../world.ts';

/** What stands still in this process although it runs. */
export type Standstill = {
  readonly what: string;
  readonly why: string;
  /** Common time, epoch ms. */
  readonly sinceMs: number;
};

export type Standstills = { all(): Standstill[]; stop(): void };

type Reader = { readonly name: string; readonly state: string; readonly position?: Position };

type Watched = {
  readonly store: Pick<EventStore, 'end'>;
  /** The read models of this process. */
  readonly projections: () => readonly Reader[];
  /** Since when the engine of this process stands still, common time. */
  readonly engineSinceMs: () => number | undefined;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly metrics: Pick<Metrics, 'gauge'>;
};

const LOOK_EVERY_MS = 5_000;
const STILL_AFTER_MS = 15_000;

/** Looks now and then whether the log tells its end, and whether the projections that are fed here come to it. */
export const watchStandstills = ({ store, projections, engineSinceMs, world, metrics }: Watched): Standstills => {
  const { clock, timers, log } = world;
  const stopping = new AbortController();
  const readers = new Map<string, Progress>();
  let askedAtMs: number | undefined;

  const look = async (): Promise<void> => {
    const end = await store.end();
    const atMs = clock.monotonic();
    for (const { name, state, position } of projections()) {
      const progress = readers.get(name) ?? createProgress();
      if (state === 'running') readers.set(name, progress);
      else readers.delete(name);
      progress.look({ reached: position, end, atMs });
    }
  };

  const keepLooking = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      askedAtMs ??= clock.monotonic();
      try {
        await look();
        askedAtMs = undefined;
      } catch (error) {
        log.debug({ error }, 'the end of the log could not be read');
      }
      await timers.sleep(LOOK_EVERY_MS, stopping.signal);
    }
  };

  const all = (): Standstill[] => {
    const nowMs = clock.monotonic();
    const found = [
      { what: 'log', why: 'it does not answer', sinceMs: askedAtMs },
      ...[...readers].map(([name, progress]) => ({
        what: `projection ${name}`,
        why: 'it does not come to the end of the log',
        sinceMs: progress.stillSinceMs(),
      })),
    ];
    return found.flatMap(({ what, why, sinceMs }) =>
      sinceMs === undefined || nowMs - sinceMs <= STILL_AFTER_MS
        ? []
        : [{ what, why, sinceMs: Math.round(clock.now() - (nowMs - sinceMs)) }],
    );
  };

  const secondsOf = (what: RegExp): number =>
    Math.max(0, ...all().flatMap((each) => (what.test(each.what) ? [(clock.now() - each.sinceMs) / 1_000] : [])));
  metrics.gauge(
    { name: 'carillon_log_silent_seconds', help: 'For how long the log has not answered; 0 while it does.' },
    () => secondsOf(/^log$/),
  );
  metrics.gauge(
    {
      name: 'carillon_projections_standstill_seconds',
      help: 'For how long a projection of this process has not moved although the log went on; 0 while all do.',
    },
    () => secondsOf(/^projection /),
  );
  metrics.gauge(
    {
      name: 'carillon_engine_standstill_seconds',
      help: 'For how long nothing has come of the work of this process’s engine; 0 while something does.',
    },
    () => {
      const sinceMs = engineSinceMs();
      return sinceMs === undefined ? 0 : Math.max(0, clock.now() - sinceMs) / 1_000;
    },
  );

  void keepLooking();
  return { all, stop: () => stopping.abort() };
};
