import type { ClientBase } from 'pg';
import type { EventStore, RecordedEvent, TextEvent } from '../event-store/port.ts';
import { type Expiries, foldExpiries } from './read-models/expiry.ts';

/** `live`: read by queries. `building`: filled beside it. */
export type ActiveState = 'live' | 'building';

/** Events in the forms that projections apply. */
export type ProjectedEvents = {
  /** The events that this version reads; none if every projection reads texts. */
  readonly events: readonly RecordedEvent[];
  /** All events as their texts; none if no projection reads texts. */
  readonly texts: readonly TextEvent[];
};

/** The tables of one generation, and a connection to write to them. */
export type Target = { readonly client: ClientBase; readonly schema: string; readonly state: ActiveState };

/** Collects the changes of events until they are written. */
export type ChangeBuffer = {
  /** Folds events, given in log order, into the collected changes. */
  add(events: ProjectedEvents): void;
  /** Whether it holds as many changes as one transaction should write. */
  isFull(state: ActiveState): boolean;
  /** Removes and returns the collected changes; `undefined` if there are none. */
  take(): BufferedChanges | undefined;
};

/** Each way writes all of the changes, in the transaction that the client has open. */
export type BufferedChanges = {
  /** Works whatever rows exist. Pipelined statements run in the order in which they are sent. */
  write(client: ClientBase, schema: string): Promise<void>;
  /** The fastest way for many changes: it copies rows that the tables do not have yet. */
  copy(target: Target): Promise<void>;
};

export type ShapeName = {
  readonly name: string;
  /** The version of the tables. Each shape has its own generations and views. */
  readonly shape: string;
};

/** The tables of a read model. */
type Tables = ShapeName & {
  readonly streamPrefixes: readonly string[];
  /** The tables that readers use, each through a view of the same name. */
  readonly views: readonly string[];
  /** Returns the DDL of the tables and primary keys in this schema. */
  tables(schema: string): string;
  /** Returns the repeatable DDL of the other indexes. A rebuild creates them after its rows are written. */
  indexes(schema: string): string;
  /**
   * Whether it skips an event that requires a newer reader, and parks its stream: its other rows don't depend on that event.
   * Other read models stop there.
   */
  readonly parksNewerEvents?: true;
  /** Writes what precedes the first remaining event of the log, in the open transaction. */
  begin?(client: ClientBase, schema: string, log: EventStore): Promise<void>;
  /** Returns the repeatable SQL that counts the rows of a rebuild, if `copy` doesn't count them. */
  count?(schema: string): string;
};

export type Projection = Tables & {
  /** Receives events as stored text, including those that this version can't parse. */
  readonly readsTexts?: true;
  /** Returns an empty buffer. */
  buffer(): ChangeBuffer;
};

type Definition<Changes, E> = Tables & {
  /**
   * Folds events, given in log order, into changes; undefined if there are none. If `held` is given, the function adds to
   * these changes and may change them. Pure otherwise.
   */
  fold(events: readonly E[], held?: Changes): Changes | undefined;
  /** Writes the changes with a few set-based statements. */
  write(client: ClientBase, schema: string, changes: Changes): Promise<void>;
  /**
   * Deletes what has expired. Called after all changes of the same events are written, because no later event adds rows that an
   * earlier expiry covers.
   */
  expire?(client: ClientBase, schema: string, expiries: Expiries): Promise<void>;
  /** For tables with very many rows. Without it, `write` also writes many changes. */
  readonly fill?: {
    /** The maximum number of rows to hold, of a live generation and of one that is being built. */
    readonly holdsRows: Readonly<Record<ActiveState, number>>;
    rowsOf(changes: Changes): number;
    /** Writes changes like `write`, but copies rows that the tables do not have yet. */
    copy(target: Target, changes: Changes): Promise<void>;
  };
};

/** Defines a projection of the events that this version reads. */
export const defineProjection = <Changes>(definition: Definition<Changes, RecordedEvent>): Projection =>
  toProjection(definition, ({ events }) => events);

/** Defines a projection of all events as their texts. */
export const defineTextProjection = <Changes>(definition: Definition<Changes, TextEvent>): Projection => ({
  ...toProjection(definition, ({ texts }) => texts),
  readsTexts: true,
});

/** How many events a buffer takes if its projection doesn't count rows. */
const MAX_HELD_EVENTS = 10_000;

const toProjection = <Changes, E>(
  { fold, write, expire, fill, ...tables }: Definition<Changes, E>,
  eventsOf: (given: ProjectedEvents) => readonly E[],
): Projection => ({
  ...tables,
  buffer: () => {
    let held: Changes | undefined;
    let expired: Expiries = new Map();
    let eventCount = 0;
    return {
      add: (given) => {
        const events = eventsOf(given);
        held = fold(events, held) ?? held;
        if (expire !== undefined) foldExpiries(given.events, expired);
        eventCount += events.length;
      },
      isFull: (state) => {
        if (held === undefined) return expired.size > 0 && eventCount >= MAX_HELD_EVENTS;
        return fill === undefined
          ? eventCount >= MAX_HELD_EVENTS
          : fill.rowsOf(held) + expired.size >= fill.holdsRows[state];
      },
      take: () => {
        const [changes, expiries] = [held, expired];
        [held, expired, eventCount] = [undefined, new Map(), 0];
        if (changes === undefined && expiries.size === 0) return undefined;
        const expireIn = async (client: ClientBase, schema: string): Promise<void> => {
          if (expiries.size > 0) await expire?.(client, schema, expiries);
        };
        return {
          write: async (client, schema) => {
            if (changes !== undefined) await write(client, schema, changes);
            await expireIn(client, schema);
          },
          copy: async (target) => {
            const { client, schema } = target;
            if (changes !== undefined) await (fill ? fill.copy(target, changes) : write(client, schema, changes));
            await expireIn(client, schema);
          },
        };
      },
    };
  },
});

/** Returns the schema with the tables of a generation. */
export const generationSchema = (projection: string, generation: number): string => `${projection}_g${generation}`;
/** Returns the schema with the views of the live generation, for code that expects this shape. */
export const viewSchema = ({ name, shape }: ShapeName): string => `${name}_v${shape}`;
