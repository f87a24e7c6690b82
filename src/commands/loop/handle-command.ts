import type { DomainEvent, EventMetadata } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { appendSurely } from '../../event-store/append-surely.ts';
import { WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Lanes } from '../../event-store/lanes.ts';
import type { Append, EventStore, Position, Revision } from '../../event-store/port.ts';
import type { World } from '../../world.ts';
import type { CommandContext } from '../port.ts';
import type { OwnAppend } from './own-append.ts';

export type EventLog = {
  readonly store: EventStore;
  readonly lanes: Lanes;
  readonly world: World;
};

export type LoadedState<S> = { readonly state: S; readonly revision: Revision };

type HandleOptions<S, E extends DomainEvent> = {
  readonly stream: string;
  readonly context: CommandContext;
  readonly load: () => Promise<LoadedState<S>>;
  /** Pure: what is to be recorded; nothing where the command is satisfied already. Refuses by throwing. */
  readonly decide: (state: S, revision: Revision) => readonly E[];
  /** Where this is the append that the command is asked for, and the request may be repeated. */
  readonly own?: OwnAppend<E> | undefined;
  /** What has to hold elsewhere before the append is made, such as a name being taken. */
  readonly prepare?: (events: readonly E[], state: S) => Promise<void>;
};

export type HandleResult<S, E> = LoadedState<S> & {
  readonly events: readonly E[];
  /** Position of the last event appended; undefined where there was none. */
  readonly position: Position | undefined;
};

const MOST_TRIES = 50;
/** Between two tries after the first ones, at the most. */
const LONGEST_PAUSE_MS = 100;

/**
 * The one loop: load, decide, append at the revision that was loaded; whoever lost decides again.
 * @throws Refusal CONTENTION when others kept winning
 */
export const handleCommand = <S, E extends DomainEvent>(
  { store, lanes, world }: EventLog,
  { stream, context, load, decide, own, prepare }: HandleOptions<S, E>,
): Promise<HandleResult<S, E>> =>
  lanes.inTurn(stream, async () => {
    if (own?.made !== undefined) {
      const { state } = await load();
      return { state, ...own.made };
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { state, revision } = await load();
      const events = decide(state, revision);
      if (events.length === 0) return { state, revision, events, position: undefined };
      await prepare?.(events, state);
      const append = toAppend({ stream, revision, events, context, world });
      await own?.plan(append);
      try {
        const appended = await appendSurely(store, append, { world });
        return { state, events, ...appended };
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        own?.lost();
        if (tries > 1) await world.timers.sleep(world.random.fraction() * Math.min(2 ** tries, LONGEST_PAUSE_MS));
      }
    }
    throw new Refusal('CONTENTION', `others kept changing ${stream}; try again`);
  });

type AppendInput = {
  readonly stream: string;
  readonly revision: Revision;
  readonly events: readonly DomainEvent[];
  readonly context: CommandContext;
  readonly world: World;
};

export const toAppend = ({ stream, revision, events, context, world }: AppendInput): Append => {
  const metadata = metadataOf(context);
  return {
    stream,
    expectedRevision: revision,
    events: events.map((event) => ({ ...event, id: world.random.uuid(), metadata })),
  };
};

const metadataOf = ({ actor, correlationId, reason, traceparent }: CommandContext): EventMetadata => ({
  actor,
  correlationId,
  ...(reason === undefined ? {} : { reason }),
  ...(traceparent === undefined ? {} : { traceparent }),
});
