import { z } from 'zod';

/** Rules for the API's description. Each returns the places that violate it, which exceptions refer to. */

const AnySchema: z.ZodType<Schema> = z.lazy(() => Schema);
type Schema = {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly format?: string | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
};
const Schema = z.object({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), AnySchema).optional(),
  items: AnySchema.optional(),
  anyOf: z.array(AnySchema).optional(),
  oneOf: z.array(AnySchema).optional(),
  allOf: z.array(AnySchema).optional(),
});
const Content = z.record(z.string(), z.object({ schema: AnySchema }));
const Operation = z.object({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: AnySchema.optional() })).default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(
    z.string(),
    z.object({ content: Content.optional(), headers: z.record(z.string(), z.unknown()).optional() }),
  ),
});
type Operation = z.infer<typeof Operation>;
const PathItem = z.looseObject({ servers: z.unknown().optional() }).transform(({ servers: _, ...methods }) => methods);
const Description = z.object({
  paths: z.record(z.string(), PathItem.pipe(z.record(z.string(), Operation))),
  components: z.object({ schemas: z.record(z.string(), AnySchema) }),
});

/** One field of a body or one parameter of a query, and where it is: `Job.createdAt`, `listJobs.query.limit`. */
type Field = { readonly place: string; readonly name: string; readonly schema: Schema; readonly isRead: boolean };
/** The fields that are shown side by side in one object. */
type Shown = { readonly place: string; readonly fields: readonly string[] };
type NamedOperation = Operation & { readonly id: string; readonly method: string };

export type Api = {
  readonly operations: readonly NamedOperation[];
  readonly fields: readonly Field[];
  readonly objects: readonly Shown[];
  readonly schemas: Readonly<Record<string, Schema>>;
};

/** Reads a description of the API once, for all rules. */
export const apiOf = (document: unknown): Api => {
  const { paths, components } = Description.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method,
      id: operation.operationId ?? `${method} ${path}`,
    })),
  );
  const read = new Set(operations.flatMap(({ requestBody }) => namesIn(requestBody)));
  for (const name of read) {
    for (const kind of namesIn(components.schemas[name]?.oneOf)) read.add(kind);
  }
  const roots = [
    ...Object.entries(components.schemas).map(([place, schema]) => ({ place, schema, isRead: read.has(place) })),
    ...operations.flatMap(rootsOf),
  ];
  const found = roots.map((root) => walk(root));
  return {
    operations,
    schemas: components.schemas,
    fields: [...operations.flatMap(parametersOf), ...found.flatMap(({ fields }) => fields)],
    objects: found.flatMap(({ objects }) => objects),
  };
};

/** Names of the components in a request's body: these are for requests only. */
const namesIn = (body: unknown): readonly string[] =>
  [...JSON.stringify(body ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');

type Root = { readonly place: string; readonly schema: Schema; readonly isRead: boolean };

const rootsOf = ({ id, requestBody, responses }: NamedOperation): readonly Root[] => [
  ...Object.values(requestBody?.content ?? {}).map(({ schema }) => ({ place: `${id}.body`, schema, isRead: true })),
  ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
    Object.values(content).map(({ schema }) => ({ place: `${id}.${status}`, schema, isRead: false })),
  ),
];

const parametersOf = ({ id, parameters }: NamedOperation): readonly Field[] =>
  parameters.flatMap(({ name, schema, ...parameter }) =>
    parameter.in === 'query' && schema !== undefined
      ? [{ place: `${id}.query.${name}`, name, schema, isRead: true }]
      : [],
  );

const walk = ({ place, schema, isRead }: Root): { fields: readonly Field[]; objects: readonly Shown[] } => {
  const { properties = {}, items } = schema;
  const fields = Object.entries(properties).map(([name, field]) => ({
    ...{ place: `${place}.${name}`, name, isRead },
    schema: field,
  }));
  const below = [
    ...fields,
    ...[items, ...choicesOf(schema)].flatMap((each) => (each === undefined ? [] : [{ place, schema: each, isRead }])),
  ].map((each) => walk(each));
  return {
    fields: [...fields, ...below.flatMap((each) => each.fields)],
    objects: [
      ...(fields.length === 0 || isRead ? [] : [{ place, fields: Object.keys(properties) }]),
      ...below.flatMap(({ objects }) => objects),
    ],
  };
};

const choicesOf = ({ anyOf = [], oneOf = [], allOf = [] }: Schema): readonly Schema[] => [...anyOf, ...oneOf, ...allOf];

/** The kinds of non-null values that a schema accepts: `string`, `string date-time`, `integer`, `any`. */
const kindsOf = (schema: Schema): readonly string[] => {
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.flatMap(kindsOf);
  if (schema.$ref !== undefined) return ['object'];
  if (schema.const !== undefined) return [typeof schema.const];
  if (schema.type === undefined) return ['any'];
  return [schema.type]
    .flat()
    .filter((type) => type !== 'null')
    .map((type) => (type === 'string' && schema.format !== undefined ? `string ${schema.format}` : type));
};

type Rule = (api: Api) => readonly string[];

/** Fields of these names have these kinds. A request can contain any value in an ignored field. */
const named =
  (pattern: RegExp, ...kinds: readonly string[]): Rule =>
  ({ fields }) =>
    fields
      .filter(({ name }) => pattern.test(name))
      .filter(({ schema, isRead }) => {
        const allowed = isRead ? [...kinds, 'any'] : kinds;
        return !kindsOf(schema).every((kind) => allowed.includes(kind));
      })
      .map(({ place }) => place);

/** No field has a name like this. */
const unnamed =
  (pattern: RegExp): Rule =>
  ({ fields }) =>
    fields.filter(({ name }) => pattern.test(name)).map(({ place }) => place);

/** A response that contains the one field also contains the other. */
const together =
  (one: RegExp, other: (name: string) => string): Rule =>
  ({ objects }) =>
    objects.flatMap(({ place, fields }) =>
      fields.filter((name) => one.test(name) && !fields.includes(other(name))).map((name) => `${place}.${name}`),
    );

/** Every text that a schema names as a value, in lists too. */
const valuesOf = (schema: Schema): readonly string[] => [
  ...(schema.enum ?? []).filter((value) => typeof value === 'string'),
  ...[...choicesOf(schema), ...(schema.items === undefined ? [] : [schema.items])].flatMap(valuesOf),
];

/** A word in camel case, as `abandoned`, also one to sort by; a code, a permission, or a hundred of HTTP's statuses. */
const VALUE = /^(?:-?[a-z]+(?:[A-Z][a-z]+)*\d*|[A-Z]+(?:_[A-Z]+)*|scheduler(?::[a-z]+)+|\dxx)$/;
const INSTANT = /^(?:at|asOf|from|to|since|until|first|last|before|after)$|At$|Before$/;

const operationsThat =
  (breaks: (operation: NamedOperation, api: Api) => boolean): Rule =>
  (api) =>
    api.operations.filter((operation) => breaks(operation, api)).map(({ id }) => id);

/** Successful statuses by method. */
const STATUSES: Readonly<Record<string, readonly string[]>> = {
  get: ['200'],
  put: ['200', '201'],
  patch: ['200'],
  delete: ['204'],
  post: ['200', '201', '202'],
};

const successes = ({ responses }: Operation): readonly string[] =>
  Object.keys(responses).filter((status) => Number(status) < 400);

/** Returns whether a successful response is a bare array. */
const isList = ({ responses }: Operation): boolean =>
  Object.values(responses['200']?.content ?? {}).some(({ schema }) => schema.type === 'array');

const takes = ({ parameters }: Operation, name: string): boolean => parameters.some((each) => each.name === name);

/** Returns whether each object that a schema accepts can have the field. */
const hasField = (schema: Schema, name: string, api: Api): boolean => {
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.every((choice) => hasField(choice, name, api));
  const named = api.schemas[schema.$ref?.split('/').at(-1) ?? ''];
  return named === undefined ? schema.properties?.[name] !== undefined : hasField(named, name, api);
};

const isProblem = (content: z.infer<typeof Content> | undefined, { schemas }: Api): boolean => {
  const schema = content?.['application/problem+json']?.schema;
  const fields = Object.keys(schemas[schema?.$ref?.split('/').at(-1) ?? '']?.properties ?? {});
  return ['type', 'title', 'status', 'detail', 'code'].every((name) => fields.includes(name));
};

export const RULES = {
  'a field `at` or `…At` is an instant': named(/^at$|At$/, 'string date-time'),
  'a field `…Ms` is an integer': named(/Ms$/, 'integer'),
  'a duration is shown in milliseconds, in a field `…Ms`': unnamed(/(?:Seconds|Minutes|seconds|minutes)(?:Left)?$/),
  'a field `id` or `…Id` is an integer; a request may give a name': (api) =>
    named(/^id$|Id$/, 'integer')({ ...api, fields: api.fields.filter(({ isRead }) => !isRead) }),
  'a field `by` or `…By` is the name of an actor': named(/^by$|By$/, 'string'),
  'an instant is in a field `…At` or `…Before`, or is one end of a span': ({ fields }) =>
    fields
      .filter(({ name, schema }) => kindsOf(schema).includes('string date-time') && !INSTANT.test(name))
      .map(({ place }) => place),
  'a parameter that takes an id is `id` or `…Id`, with what has the id': (api) =>
    unnamed(/^(?:job|execution|application|backfill|operation|pause)$/)({
      ...api,
      fields: api.fields.filter(
        ({ place, schema }) => place.includes('.query.') && kindsOf(schema).includes('integer'),
      ),
    }),
  'a value is a word in camel case, or a code': ({ fields }) =>
    fields.filter(({ schema }) => !valuesOf(schema).every((value) => VALUE.test(value))).map(({ place }) => place),
  'an `outcome` is that of a slot; of a call it is the `status`': (api) =>
    unnamed(/^outcome$/)(api).filter((place) => !/Occurrences?(?:ByName)?\./.test(place)),
  'a cause is a `because` in plain language, or a `reason`': unnamed(/^(?:why|cause)$/),
  'a preview of a change is requested by `dryRun`': unnamed(/^(?:plan|simulate|validateOnly)$/),
  'a field `…Name` is a text': named(/Name$/, 'string'),
  'what something is in is its `status`; only jobs have a `state`, which follows from much else': (api) =>
    unnamed(/^(?:state|phase|membership)$/)(api).filter((place) => !/Jobs?\./.test(place)),
  'who made and changed something is `createdBy` and `updatedBy`, with the time beside it': unnamed(
    /^(?:set|requested|made|changed|added|edited|modified)(?:At|By)$/,
  ),
  'a field `…By` has its `…At` beside it': together(/[a-z]By$/, (name) => name.replace(/By$/, 'At')),
  'a resource with `updatedAt` has `createdAt`': together(/^updatedAt$/, () => 'createdAt'),
  'a `jobId` has its `jobName` beside it': together(/^jobId$/, () => 'jobName'),
  'a `jobId` has its `applicationId` beside it': together(/^jobId$/, () => 'applicationId'),
  'an `applicationId` has its `applicationName` beside it': together(/^applicationId$/, () => 'applicationName'),
  'an operation has a summary and a tag': operationsThat(
    ({ summary, tags = [] }) => summary === undefined || summary.endsWith('.') || tags.length !== 1,
  ),
  'an operation states its permission, or that it needs no token': operationsThat(
    ({ description = '', security }) => !/\bRequires the permission `/.test(description) && security === undefined,
  ),
  'a verb answers with its statuses': operationsThat(
    (operation) => !successes(operation).every((status) => STATUSES[operation.method]?.includes(status)),
  ),
  'a change with a body accepts the `reason` in it': operationsThat(
    (operation, api) =>
      takes(operation, 'Carillon-Reason') &&
      Object.values(operation.requestBody?.content ?? {}).some(({ schema }) => !hasField(schema, 'reason', api)),
  ),
  'a 201 and a 202 have a `Location`': operationsThat(({ responses }) =>
    ['201', '202'].some((status) => {
      const response = responses[status];
      return response !== undefined && response.headers?.Location === undefined;
    }),
  ),
  'a list pages by `limit` and `cursor`': operationsThat(
    (operation) =>
      operation.method === 'get' && isList(operation) && !(takes(operation, 'limit') && takes(operation, 'cursor')),
  ),
  'the link to a next page is with a list that pages': operationsThat((operation) => {
    const linked = operation.responses['200']?.headers?.Link !== undefined;
    return linked !== takes(operation, 'cursor');
  }),
  'an error is a problem with a code': operationsThat(({ responses }, api) =>
    Object.entries(responses).some(
      ([status, { content }]) => (status === 'default' || Number(status) >= 400) && !isProblem(content, api),
    ),
  ),
} satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;
