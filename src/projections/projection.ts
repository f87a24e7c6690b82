import type { ClientBase } from 'pg';
import type { RecordedEvent } from '../event-store/port.ts';

/**
 * Writes folded changes to the tables of one generation, in the transaction that the client has open. Pipelined
 * statements run in the order in which they are sent.
 */
export type Write = (client: ClientBase, schema: string) => Promise<void>;

export type Projection = {
  readonly name: string;
  /** The version of the tables. Each shape has its own generations and views. */
  readonly shape: string;
  readonly streamPrefixes: readonly string[];
  /** The tables that readers use, each through a view of the same name. */
  readonly views: readonly string[];
  /** Returns the DDL of the tables and primary keys in this schema. */
  tables(schema: string): string;
  /** Returns the repeatable DDL of the other indexes. A rebuild creates them after its rows are written. */
  indexes(schema: string): string;
  /** Returns the changes that these events make; undefined if they make none. Pure. */
  project(events: readonly RecordedEvent[]): Write | undefined;
};

type Definition<Changes> = Omit<Projection, 'project'> & {
  /** Folds events, given in log order, into changes; undefined if there are none. Pure. */
  fold(events: readonly RecordedEvent[]): Changes | undefined;
  /** Writes the changes with a few set-based statements. */
  write(client: ClientBase, schema: string, changes: Changes): Promise<void>;
};

export const defineProjection = <Changes>({ fold, write, ...rest }: Definition<Changes>): Projection => ({
  ...rest,
  project: (events) => {
    const changes = fold(events);
    return changes === undefined ? undefined : (client, schema) => write(client, schema, changes);
  },
});

/** Returns the schema with the tables of a generation. */
export const generationSchema = (projection: string, generation: number): string => `${projection}_g${generation}`;
/** Returns the schema with the views of the live generation, for code that expects this shape. */
export const viewSchema = ({ name, shape }: Pick<Projection, 'name' | 'shape'>): string => `${name}_v${shape}`;
