import type { HomeEvent } from '../domain/events/index.ts';
import { judgeStart } from '../domain/home.ts';
import type { RecordedEvent, Revision } from '../event-store/port.ts';
import { engineActor } from './actor.ts';
import type { EngineSetup } from './context.ts';
import { readWithRetry } from './read-with-retry.ts';

/**
 * Keeps an engine from claiming until it is released: on a log that was restored or copied, because the original may
 * still be called from, and with `ENGINE_START=paused` on any log.
 */
export type StartGuard = {
  /** Resolves when the engine may claim. @param waiting called if it has to wait */
  pass(waiting: () => void): Promise<void>;
  /** Takes an event of the stream `home` that the subscription brings. */
  hear(event: RecordedEvent<HomeEvent>): void;
  /** Why the engine waits, and since when (common time, ms); undefined while it does not. */
  waitsFor(): { readonly why: string; readonly sinceMs: number } | undefined;
};

export const createStartGuard = ({
  engineId,
  startMode: mode,
  home,
  commands,
  time,
  world,
}: EngineSetup): StartGuard => {
  const released = Promise.withResolvers<void>();
  let heard: RecordedEvent<HomeEvent> | undefined;
  let waiting: { readonly why: string; readonly sinceMs: number; readonly judgedAt: Revision } | undefined;

  const begin = () => {
    const context = { tenant: 'default', actor: engineActor(engineId), correlationId: world.random.uuid() };
    return readWithRetry(world, () => commands.startEngine(context, mode));
  };

  /** Passes on a release that came after the start was judged. */
  const look = (): void => {
    if (waiting === undefined || heard?.type !== 'EnginesReleased' || heard.revision <= waiting.judgedAt) return;
    if (judgeStart({ mode, home }, { last: heard }).kind === 'claims') released.resolve();
  };

  return {
    pass: async (toldToWait) => {
      const { value: verdict, revision } = await begin();
      if (verdict.kind === 'claims') return;
      waiting = { why: verdict.why, sinceMs: time.now(), judgedAt: revision };
      world.log.warn({ engineId, home }, `scheduler: ${verdict.why}`);
      toldToWait();
      look();
      await released.promise;
      waiting = undefined;
      world.log.info({ engineId }, 'scheduler: the engine was released');
      if (mode === 'running') await begin();
    },
    hear: (event) => {
      heard = event;
      look();
    },
    waitsFor: () => waiting && { why: waiting.why, sinceMs: waiting.sinceMs },
  };
};
