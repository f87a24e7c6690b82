import type { ClientBase } from 'pg';
import type { EventStore, RecordedEvent, TextEvent } from '../event-store/port.ts';

/** `live`: read by queries. `building`: filled beside it. */
export type ActiveState = 'live' | 'building';

/**
 * Writes folded changes to the tables of one generation, in the transaction that the client has open. Pipelined
 * statements run in the order in which they are sent.
 */
export type Write = (client: ClientBase, schema: string) => Promise<void>;

/** Where a build or a runner that is far behind writes: the tables of one generation, over a connection that can COPY. */
export type FillTarget = { readonly client: ClientBase; readonly schema: string; readonly state: ActiveState };

/** Events in the forms that projections take. */
export type ProjectedEvents = {
  /** The events that this release reads; none if every projection reads texts. */
  readonly events: readonly RecordedEvent[];
  /** All events as their texts; none if no projection reads texts. */
  readonly texts: readonly TextEvent[];
};

/** Gathers the changes of many events for the tables of one generation. */
export type ChangeBuffer = {
  /** Folds events, given in log order, into what is held. */
  add(events: ProjectedEvents): void;
  /** Whether so much is held that it is to be written now. */
  isFull(): boolean;
  /** Hands over what is held, to be written in one transaction; undefined if that is nothing. */
  take(): BufferedChanges | undefined;
};

export type BufferedChanges = {
  /** Writes it the fastest way, which copies rows that the tables do not have yet. */
  readonly fill: Write;
  /** Writes it as `project` does, whatever rows there are. */
  readonly write: Write;
};

export type Projection = {
  readonly name: string;
  /** The version of the tables. Each shape has its own generations and views. */
  readonly shape: string;
  readonly streamPrefixes: readonly string[];
  /** Receives events as stored text, including those that this release cannot parse. */
  readonly readsTexts?: true;
  /** The tables that readers use, each through a view of the same name. */
  readonly views: readonly string[];
  /** Returns the DDL of the tables and primary keys in this schema. */
  tables(schema: string): string;
  /** Returns the repeatable DDL of the other indexes. A rebuild creates them after its rows are written. */
  indexes(schema: string): string;
  /**
   * Writes what comes before the first event that the log still has, in the transaction that is open; absent where that is
   * nothing.
   */
  begin?(client: ClientBase, schema: string, log: EventStore): Promise<void>;
  /** Returns the repeatable SQL that counts what a rebuild has written; absent where that is counted with the rows. */
  count?(schema: string): string;
  /** Returns the changes that these events make; undefined if they make none. Pure. */
  project(events: ProjectedEvents): Write | undefined;
  /** Begins to gather changes. It may read what the tables have. */
  gather(target: FillTarget): Promise<ChangeBuffer>;
};

type WriteChanges<Changes> = (client: ClientBase, schema: string, changes: Changes) => Promise<void>;

/**
 * How a read model is filled fast. It is worth its code only for tables with very many rows: the others are written by
 * `write`.
 */
export type Fill<Changes> = {
  /** Most rows to hold, of a live generation and of one that is being built. */
  readonly holdsRows: Readonly<Record<ActiveState, number>>;
  /** How many rows these changes hold. */
  rowsOf(changes: Changes): number;
  /** Returns what writes changes like `write`, but copies rows that the tables do not have yet. */
  begin(target: FillTarget): Promise<WriteChanges<Changes>>;
};

type Definition<Changes, E> = Omit<Projection, 'project' | 'gather' | 'readsTexts'> & {
  /**
   * Folds events, given in log order, into changes; undefined if there are none. Where `held` is given, it goes on with
   * these changes and may change them. Pure otherwise.
   */
  fold(events: readonly E[], held?: Changes): Changes | undefined;
  /** Writes the changes with a few set-based statements. */
  write: WriteChanges<Changes>;
  readonly fill?: Fill<Changes>;
};

/** How a projection takes its events. */
type Takes<E> = { readonly take: (given: ProjectedEvents) => readonly E[] };

/** Defines a projection of the events that this release reads. */
export const defineProjection = <Changes>(definition: Definition<Changes, RecordedEvent>): Projection =>
  toProjection(definition, ({ events }) => events);

/** Defines a projection of all events as their texts. */
export const defineTextProjection = <Changes>(definition: Definition<Changes, TextEvent>): Projection => ({
  ...toProjection(definition, ({ texts }) => texts),
  readsTexts: true,
});

const toProjection = <Changes, E>(
  { fold, write, fill, ...rest }: Definition<Changes, E>,
  take: Takes<E>['take'],
): Projection => ({
  ...rest,
  project: (given) => {
    const changes = fold(take(given));
    return changes === undefined ? undefined : (client, schema) => write(client, schema, changes);
  },
  gather: async (target) =>
    fill === undefined
      ? gatherBatches({ take, fold, write })
      : gatherRows({
          take,
          fold,
          write,
          fill: await fill.begin(target),
          rowsOf: fill.rowsOf,
          most: fill.holdsRows[target.state],
        }),
});

/** How many events are gathered for a read model that is not filled in a way of its own. */
const BATCHES_HOLD_EVENTS = 10_000;

const gatherBatches = <Changes, E>({
  take,
  fold,
  write,
}: Pick<Definition<Changes, E>, 'fold' | 'write'> & Takes<E>): ChangeBuffer => {
  let held: Changes[] = [];
  let eventCount = 0;
  return {
    add: (given) => {
      const events = take(given);
      const changes = fold(events);
      if (changes === undefined) return;
      held.push(changes);
      eventCount += events.length;
    },
    isFull: () => eventCount >= BATCHES_HOLD_EVENTS,
    take: () => {
      const taken = held;
      [held, eventCount] = [[], 0];
      if (taken.length === 0) return undefined;
      const writeAll: Write = async (client, schema) => {
        for (const changes of taken) await write(client, schema, changes);
      };
      return { fill: writeAll, write: writeAll };
    },
  };
};

type RowBufferOptions<Changes, E> = Pick<Definition<Changes, E>, 'fold' | 'write'> &
  Takes<E> & {
    readonly fill: WriteChanges<Changes>;
    readonly rowsOf: (changes: Changes) => number;
    readonly most: number;
  };

const gatherRows = <Changes, E>({
  take,
  fold,
  write,
  fill,
  rowsOf,
  most,
}: RowBufferOptions<Changes, E>): ChangeBuffer => {
  let held: Changes | undefined;
  return {
    add: (given) => {
      held = fold(take(given), held) ?? held;
    },
    isFull: () => held !== undefined && rowsOf(held) >= most,
    take: () => {
      const changes = held;
      held = undefined;
      return (
        changes && {
          fill: (client, schema) => fill(client, schema, changes),
          write: (client, schema) => write(client, schema, changes),
        }
      );
    },
  };
};

/** Returns the schema with the tables of a generation. */
export const generationSchema = (projection: string, generation: number): string => `${projection}_g${generation}`;
/** Returns the schema with the views of the live generation, for code that expects this shape. */
export const viewSchema = ({ name, shape }: Pick<Projection, 'name' | 'shape'>): string => `${name}_v${shape}`;
