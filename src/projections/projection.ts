import type { ClientBase } from 'pg';
import type { RecordedEvent } from '../event-store/port.ts';

/**
 * Brings folded changes into the tables of one generation, inside the transaction that the client has open. What it
 * sends together is made in that order.
 */
export type Write = (client: ClientBase, schema: string) => Promise<void>;

export type Projection = {
  readonly name: string;
  /** Version of the tables: a new one means new generations and views of its own. */
  readonly shape: string;
  readonly streamPrefixes: readonly string[];
  /** The tables that readers see, each through a view of its name. */
  readonly views: readonly string[];
  /** DDL of tables and primary keys, in this schema. */
  tables(schema: string): string;
  /** DDL of the other indexes, repeatable: a rebuild makes them once its rows are in. */
  indexes(schema: string): string;
  /** What these events change; undefined for nothing. Pure. */
  project(events: readonly RecordedEvent[]): Write | undefined;
};

type Definition<Changes> = Omit<Projection, 'project'> & {
  /** Pure; events come in log order. Undefined where they change nothing. */
  fold(events: readonly RecordedEvent[]): Changes | undefined;
  /** A few set-based statements. */
  write(client: ClientBase, schema: string, changes: Changes): Promise<void>;
};

export const defineProjection = <Changes>({ fold, write, ...rest }: Definition<Changes>): Projection => ({
  ...rest,
  project: (events) => {
    const changes = fold(events);
    return changes === undefined ? undefined : (client, schema) => write(client, schema, changes);
  },
});

/** Where a generation's tables are. */
export const generationSchema = (projection: string, generation: number): string => `${projection}_g${generation}`;
/** Where the views of the live generation are, for code that expects this shape. */
export const viewSchema = ({ name, shape }: Pick<Projection, 'name' | 'shape'>): string => `${name}_v${shape}`;
