import { sql } from 'slonik';
import { z } from 'zod';
import { Instant } from '../domain/values.ts';
import { instant as asInstant, bigint as asNumber, json as parsed, storable, storableJson } from './queries/row.ts';
import type { Column, ColumnType, Value } from './write-records.ts';

/**
 * Describes the rows of a read model once. A record lists the fields of a row; from it follow the columns of the table,
 * how changes are written and merged, how rows are read, the type and the schema of what the API shows.
 *
 * A **change** has the values that events give a row, and `undefined` for other fields. A **row** is in Postgres, with
 * `null` instead. A **view** is what queries return of either, without these fields.
 */

/** `shown`: in the API. `hidden`: read, but not shown. `inner`: only in the table. */
type Place = 'shown' | 'hidden' | 'inner';

/**
 * Merges a field of an older and a newer change, in memory and in SQL. There, `before` is the row in the table, or nulls if
 * there is none. Both must have the same result.
 */
type Rule = {
  readonly memory: (older: unknown, newer: unknown, newerChange: object) => unknown;
  readonly sql: (column: string) => string;
};

const NEWEST: Rule = { memory: (_, newer) => newer, sql: (column) => `incoming.${column}` };
const KEPT: Rule = {
  memory: (older, newer) => newer ?? older,
  sql: (column) => `coalesce(incoming.${column}, before.${column})`,
};
const FIRST: Rule = {
  memory: (older) => older,
  sql: (column) => `coalesce(before.${column}, incoming.${column})`,
};
const ONCE_TRUE: Rule = {
  memory: (older, newer) => newer || older,
  sql: (column) => `incoming.${column} OR coalesce(before.${column}, FALSE)`,
};
const APPENDED: Rule = {
  memory: (older, newer) => (Array.isArray(older) && Array.isArray(newer) ? [...older, ...newer] : (newer ?? older)),
  sql: (column) => `coalesce(before.${column} || ',' || incoming.${column}, incoming.${column}, before.${column})`,
};
/** A condition on the newer change, in memory and in SQL. */
type Condition<Newer> = { holds(newer: Newer): boolean; readonly sql: string };

type Facts = {
  readonly type: ColumnType;
  /** The type in CREATE TABLE. */
  readonly ddl: string;
  /** The name of the column, if it is not the field's name in snake case. */
  readonly column?: string;
  /** Schema of the value in the API. */
  readonly schema: z.ZodType;
  /** Parses the value that Postgres returns. */
  readonly reader: z.ZodType;
  /** Converts the value of a change to the parameter for Postgres. */
  readonly sent: (value: unknown) => Value;
  readonly rule: Rule;
  readonly place: Place;
  readonly isSought: boolean;
  readonly isOptional: boolean;
  /** The value in a view if there is none; by default, a view leaves the field out. */
  readonly absent?: null | readonly [];
};

/** A field of a record. Each method returns a changed copy. */
type Field<Type = unknown, InChange = unknown, InView = unknown, Where extends Place = Place> = Facts & {
  /** For the compiler only. */
  readonly types?: { readonly value: Type; readonly change: InChange; readonly view: InView; readonly place: Where };
  named(column: string): Field<Type, InChange, InView, Where>;
  /** The value of a new row if the statement gives none. */
  initially(value: number): Field<Type, InChange, InView, Where>;
  /** Can have no value. */
  optional(): Field<Type, Type | undefined, Type | undefined, Where>;
  /** Can have no value; a change without one keeps the older value. */
  kept(): Field<Type, Type | undefined, Type | undefined, Where>;
  /** As `kept`, but if the condition holds for the newer change, its value replaces the older one, even if it has none. */
  keptUnless<Newer extends object>(condition: Condition<Newer>): Field<Type, Type | undefined, Type | undefined, Where>;
  /** The value of the oldest change stays. */
  first(): Field<Type, InChange, InView, Where>;
  /** A view has null if there is no value. */
  orNull(): Field<Type, InChange, Type | null, Where>;
  /** Queries filter, join, sort or group by it, so ANALYZE samples it. */
  sought(): Field<Type, InChange, InView, Where>;
  hidden(): Field<Type, InChange, InView, 'hidden'>;
  inner(): Field<Type, InChange, InView, 'inner'>;
  /** Describes it in the API. */
  describe(description: string): Field<Type, InChange, InView, Where>;
};

const field = <Type, InChange, InView, Where extends Place>(facts: Facts): Field<Type, InChange, InView, Where> => ({
  ...facts,
  named: (column) => field({ ...facts, column }),
  initially: (value) => field({ ...facts, ddl: `${facts.ddl} DEFAULT ${value}` }),
  optional: () => field({ ...facts, isOptional: true }),
  kept: () => field({ ...facts, isOptional: true, rule: KEPT }),
  keptUnless: (condition: Condition<object>) =>
    field({
      ...facts,
      isOptional: true,
      rule: {
        memory: (older, newer, newerChange) => (condition.holds(newerChange) ? newer : (newer ?? older)),
        sql: (column) => `CASE WHEN ${condition.sql} THEN incoming.${column} ELSE ${KEPT.sql(column)} END`,
      },
    }),
  first: () => field({ ...facts, rule: FIRST }),
  orNull: () => field({ ...facts, absent: null }),
  sought: () => field({ ...facts, isSought: true }),
  hidden: () => field({ ...facts, place: 'hidden' }),
  inner: () => field({ ...facts, place: 'inner' }),
  describe: (description) => field({ ...facts, schema: facts.schema.meta({ description }) }),
});

type Kind<Type> = Pick<Facts, 'type' | 'reader' | 'sent'> & Partial<Facts> & { readonly schema: z.ZodType<Type> };
const DEFAULTS = { rule: NEWEST, place: 'shown', isSought: false, isOptional: false } as const;
const ofKind = <Type>(kind: Kind<Type>): Field<Type, Type, Type, 'shown'> =>
  field({ ddl: kind.type, ...DEFAULTS, ...kind });

const plain = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
const plainText = (value: unknown): Value => (typeof value === 'string' ? storable(value) : null);

/** A whole number. Every one that an event can have fits: a smaller column would stop its read model. */
export const bigint = () => ofKind({ type: 'bigint', schema: z.int(), reader: asNumber, sent: plain });
export const boolean = () => ofKind({ type: 'boolean', schema: z.boolean(), reader: z.boolean(), sent: plain });
export const bytes = () =>
  ofKind({
    type: 'bytea',
    schema: z.instanceof(Buffer),
    reader: z.instanceof(Buffer),
    sent: (value) => (Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : null),
  });
/** True from the first change that is true. */
export const onceTrue = () => ofKind({ ...boolean(), schema: z.boolean(), rule: ONCE_TRUE });
export const instant = () => ofKind({ type: 'timestamptz', schema: Instant, reader: asInstant, sent: plain });
export const text = () => choice(z.string());
/** Two of them fit into an entry of an index, where Postgres takes 2,704 bytes. No caller can give a longer name. */
const MAX_INDEXED = 300;
/** Text of an index. Its end is cut off if an event has a longer one, which would stop the read model. */
export const indexedText = () =>
  ofKind({
    ...text(),
    schema: z.string(),
    sent: (value) => (typeof value === 'string' ? storable(value.slice(0, MAX_INDEXED)) : null),
  });
/** Sorted by its bytes, as cursors compare it. */
export const sortedText = () => ofKind({ ...indexedText(), schema: z.string(), ddl: 'text COLLATE "C"' });
/** One of a set of texts. */
export const choice = <Type extends string>(schema: z.ZodType<Type>) =>
  ofKind({ type: 'text', schema, reader: schema, sent: plainText });
/** Stored as text, because queries only return it. */
export const json = <Type>(schema: z.ZodType<Type>) =>
  ofKind({
    type: 'text',
    schema,
    reader: parsed.pipe(schema),
    sent: (value) => (value === undefined ? null : JSON.stringify(value)),
  });
/** JSON that statements search, so it is written without characters that jsonb rejects. */
export const searchableJson = <Type>(schema: z.ZodType<Type>) =>
  ofKind({ ...json(schema), schema, sent: (value) => (value === undefined ? null : storableJson(value)) });
/** As searchableJson, for values that an index searches. */
export const jsonb = <Type>(schema: z.ZodType<Type>) =>
  ofKind({ ...searchableJson(schema), schema, type: 'jsonb', ddl: 'jsonb' });
/** A list that each change appends to. It is stored as JSON values with commas between them, so that SQL can append. */
export const appended = <Type>(schema: z.ZodType<Type>): Field<Type[], Type[] | undefined, Type[], 'shown'> =>
  field({
    ...DEFAULTS,
    type: 'text',
    ddl: 'text',
    schema: z.array(schema),
    reader: z
      .string()
      .transform((values) => `[${values}]`)
      .pipe(parsed.pipe(z.array(schema))),
    sent: (values) => (Array.isArray(values) ? values.map((each) => JSON.stringify(each)).join() : null),
    rule: APPENDED,
    isOptional: true,
    absent: [],
  });

type Fields = Readonly<Record<string, Field>>;
type Types<F extends Field> = NonNullable<F['types']>;
type MayLack<F extends Field> = undefined extends Types<F>['change'] ? true : false;
type ReadFields<F extends Fields> = { [K in keyof F as Types<F[K]>['place'] extends 'inner' ? never : K]: F[K] };
type ShownFields<F extends Fields> = { [K in keyof F as Types<F[K]>['place'] extends 'shown' ? K : never]: F[K] };
type ChangeOf<F extends Fields> = { readonly [K in keyof F]: Types<F[K]>['change'] };
type BlankOf<F extends Fields> = { readonly [K in keyof F as MayLack<F[K]> extends true ? K : never]: undefined };
type RowOf<F extends Fields, Absent> = {
  readonly [K in keyof F]: Types<F[K]>['value'] | (MayLack<F[K]> extends true ? Absent : never);
};
type ViewOf<F extends Fields> = {
  readonly [K in keyof F as undefined extends Types<F[K]>['view'] ? never : K]: Types<F[K]>['view'];
} & {
  readonly [K in keyof F as undefined extends Types<F[K]>['view'] ? K : never]?: Exclude<
    Types<F[K]>['view'],
    undefined
  >;
};
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The compiler does not follow names through a loop, so the caller gives the type. */
const objectOf = <Made>(entries: Iterable<readonly unknown[]>): Made => Object.fromEntries(entries);

type NamedField = Facts & { readonly name: string; readonly column: string };
const named = (fields: Fields): readonly NamedField[] =>
  Object.entries(fields).map(([name, facts]) => ({ ...facts, name, column: facts.column ?? snakeCase(name) }));

const isLeftOut = ({ isOptional, absent }: NamedField): boolean => isOptional && absent === undefined;

/** Reads and writes a field by its name, which the compiler does not follow through a loop. */
type FieldAccess = {
  get(fields: object, name: string): unknown;
  set(fields: object, name: string, value: unknown): void;
};
const access: FieldAccess = {
  get: (fields: Readonly<Record<string, unknown>>, name) => fields[name],
  set: (fields: Record<string, unknown>, name, value) => {
    fields[name] = value;
  },
};

const merged = <Change extends object>(fields: readonly NamedField[], older: Change, newer: object): Change => {
  // A copy already has all fields, so all changes have the same layout in memory.
  const made = { ...older };
  for (const { name, rule } of fields)
    access.set(made, name, rule.memory(access.get(older, name), access.get(newer, name), newer));
  return made;
};

const viewed = <View extends object>(fields: readonly NamedField[], source: object): View => {
  const view = objectOf<View>([]);
  for (const field of fields) {
    const value = access.get(source, field.name) ?? field.absent;
    if (value != null || !isLeftOut(field)) access.set(view, field.name, value);
  }
  return view;
};

const reading = <F extends Fields>(rowName: string, fields: F) => {
  const all = named(fields);
  const shown = all.filter(({ place }) => place === 'shown');
  return {
    /** The select list that `row` parses. */
    selected: sql.join(
      all.map(({ name, column }) => sql.fragment`${sql.identifier([rowName, column])} AS ${sql.identifier([name])}`),
      sql.fragment`, `,
    ),
    row: z.object(
      objectOf<{ [K in keyof F]: z.ZodType<RowOf<F, null>[K]> }>(
        all.map(({ name, reader, isOptional }) => [name, isOptional ? reader.nullable() : reader]),
      ),
    ),
    view: (source: RowOf<F, null | undefined>): ViewOf<F> => viewed(all, source),
    /** The API's fields of a view. Fields without a value are undefined. */
    show: (view: ViewOf<ShownFields<F>>): Readonly<Record<string, unknown>> =>
      objectOf(shown.map(({ name }) => [name, access.get(view, name)])),
    /** The schemas of the fields that the API shows. */
    schemas: objectOf<{ [K in keyof ShownFields<F>]: z.ZodType<Types<F[K]>['view']> }>(
      shown.map((each) => {
        const schema = isLeftOut(each) ? each.schema.optional() : each.schema;
        return [each.name, each.absent === null ? schema.nullable() : schema];
      }),
    ),
  };
};

const columnsOf = <Row extends object>(fields: readonly NamedField[]): Column<Row>[] =>
  fields.map(({ name, column, type, sent }) => [column, type, (row) => sent(access.get(row, name))]);

/** @param rowName name of a row in statements */
export const record = <F extends Fields>(
  rowName: string,
  fields: F,
  { key }: { readonly key: readonly (keyof F & string)[] },
) => {
  const all = named(fields);
  const isKey = ({ name }: NamedField): boolean => key.includes(name);
  const others = (some: readonly NamedField[]): string[] =>
    some.filter((each) => !isKey(each)).map(({ column }) => column);
  const setOf = (some: readonly NamedField[]): string =>
    others(some)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ');
  const keySql = key.map((name) => fields[name]?.column ?? snakeCase(name)).join(', ');
  return {
    /** For `incomingRows` and `copyRows`: of all fields, or of some. */
    columns: columnsOf<ChangeOf<F>>(all),
    part: <K extends keyof F & string>(...names: K[]) => {
      const some = all.filter(({ name }) => names.some((each) => each === name));
      const changed = some.filter((each) => !isKey(each));
      return {
        columns: columnsOf<Pick<ChangeOf<F>, K>>(some),
        keySql,
        setSql: setOf(some),
        /** What UPDATE sets in the row `before`, to merge it with `incoming`. */
        mergeSql: changed.map(({ column, rule }) => `${column} = ${rule.sql(column)}`).join(', '),
        /** Merges a change of these fields into another change. */
        merge: <Older extends Pick<ChangeOf<F>, K>>(older: Older, newer: Pick<ChangeOf<F>, K>): Older =>
          merged(some, older, newer),
      };
    },
    keySql,
    /** The columns of CREATE TABLE. */
    ddl: [
      ...all.map(({ column, ddl, isOptional }) => `${column} ${ddl}${isOptional ? '' : ' NOT NULL'}`),
      `PRIMARY KEY (${keySql})`,
    ].join(',\n    '),
    notSought: all.filter((each) => !each.isSought && !isKey(each)).map(({ column }) => column),
    /** The select list that merges each row of `incoming` with the row `before`. */
    mergedSql: all.map(({ column, rule }) => `${rule.sql(column)} AS ${column}`).join(', '),
    /** What ON CONFLICT sets: to the new row, or of counts to the sum. */
    setSql: setOf(all),
    addSql: others(all)
      .map((column) => `${column} = kept.${column} + excluded.${column}`)
      .join(', '),
    /** Merges two changes as `mergedSql` merges rows. */
    merge: (older: ChangeOf<F>, newer: ChangeOf<F>): ChangeOf<F> => merged(all, older, newer),
    /** A change without values. It has every field, so that all changes have the same layout in memory. */
    blank: objectOf<BlankOf<F>>(all.map(({ name }) => [name, undefined])),
    ...reading<ReadFields<F>>(
      rowName,
      objectOf(Object.entries<Field>(fields).filter(([, { place }]) => place !== 'inner')),
    ),
    /** Reads some fields, including inner ones. */
    only: <K extends keyof F & string>(...names: K[]) =>
      reading<Pick<F, K>>(rowName, objectOf(names.map((name) => [name, fields[name]]))),
  };
};

type RecordReader<Source, View> = { readonly view: (source: Source) => View };
/** The change of a record. */
export type RecordChange<R> = R extends { readonly merge: (older: infer Change, newer: never) => unknown }
  ? Change
  : never;
/** A row or a change. */
export type RecordSource<R> = R extends RecordReader<infer Source, unknown> ? Source : never;
export type RecordView<R> = R extends RecordReader<never, infer View> ? View : never;
