import type { ApplicationState } from '../../domain/application.ts';
import { applicationStream } from '../../domain/streams.ts';
import { comparePositions, type EventStore, type Position } from '../../event-store/port.ts';
import type { LoadedState } from '../loop/handle-command.ts';
import { loadApplicationState } from '../loop/load.ts';

type LoadedApplication = LoadedState<ApplicationState>;

/** The applications in which this process created jobs. A create that uses them needs no read of its application. */
export type ApplicationMemory = {
  /**
   * Returns an application as this process last knew it; `undefined` if it doesn't. It may have changed since, so what
   * follows from it must be checked again with `loadAt`.
   */
  recall(applicationId: number): LoadedApplication | undefined;
  /** Loads an application at this position of the log or later. Reads it only if it may have changed since it was known. */
  loadAt(applicationId: number, position: Position): Promise<LoadedApplication>;
};

/** The application had this state at the position, or later. */
type KnownApplication = LoadedApplication & { readonly position: Position };

/** An application with its variables and secrets can have hundreds of kilobytes. */
const MAX_KNOWN = 50;

export const createApplicationMemory = (store: EventStore): ApplicationMemory => {
  /** Least recently used first. */
  const known = new Map<number, KnownApplication>();

  const remember = (applicationId: number, application: KnownApplication): void => {
    const before = known.get(applicationId);
    if (before !== undefined && comparePositions(before.position, application.position) > 0) return;
    known.delete(applicationId);
    known.set(applicationId, application);
    const [oldest] = known.keys();
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  };

  return {
    recall: (applicationId) => known.get(applicationId),
    loadAt: async (applicationId, position) => {
      const last = known.get(applicationId);
      const range = last && { after: last.position, until: position };
      const isCurrent = range !== undefined && (await store.isUnchanged(applicationStream(applicationId), range));
      const { state, revision } =
        last !== undefined && isCurrent ? last : await loadApplicationState(store, applicationId);
      remember(applicationId, { state, revision, position });
      return { state, revision };
    },
  };
};
