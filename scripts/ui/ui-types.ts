import { z } from 'zod';
import { PROBLEM_CODES } from '../../src/domain/codes/problem-codes.ts';
import { PUBLISHED_TYPES, publishedSchema } from '../../src/feed/published.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { type OpenRoute, type Route, takesReason } from '../../src/http/route.ts';

/** The types of the API for its client, made of the API's description. */
export const uiTypes = (routes: readonly (Route | OpenRoute)[]): string => {
  const { paths, components } = Document.parse(openApiDocument(routes, 'any'));
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};`,
  );
  const ofPaths = Object.entries(paths).flatMap(([path, { servers, ...operations }]) =>
    servers === undefined ? [`${key(path)}: ${operationsOf(operations)};`] : [],
  );
  const events = PUBLISHED_TYPES.map((type) => `'${type}': ${typeOf(publishedSchema(type))};`);
  return [
    '// Written by `npm run ui-types` from the description of the API.',
    ...schemas,
    `export type ProblemCode = ${Object.keys(PROBLEM_CODES)
      .map((code) => `'${code}'`)
      .join(' | ')};`,
    `export type EventData = {\n${events.join('\n')}\n};`,
    `export type paths = {\n${ofPaths.join('\n')}\n};`,
    '',
  ].join('\n\n');
};

/** The operations of the API that take a token, as the command line uses them: it starts without the routes. */
export const operationList = (routes: readonly Route[]): string => {
  const entries = routes
    .filter(({ addresses }) => addresses !== 'job')
    .map((route) => {
      const { operationId, method, path, query } = route;
      const shape = query instanceof z.ZodObject ? query.shape : {};
      const names = Object.keys(shape);
      const values = Object.entries(shape).flatMap(([name, field]) => {
        const known = valuesOf(field);
        return known === undefined ? [] : [`${name}: ${JSON.stringify(known)}`];
      });
      const fields = `method: '${method}', path: '${path.replaceAll(/:(\w+)/g, '{$1}')}', query: ${JSON.stringify(names)}`;
      const more = [
        values.length === 0 ? '' : `, values: { ${values.join(', ')} }`,
        takesReason(route) ? ', takesReason: true' : '',
      ];
      return `${operationId}: { ${fields}${more.join('')} },`;
    });
  return [
    '// Written by `npm run ui-types` from the routes of the API.',
    "import type { DataOf, paths } from '../../packages/client/src/client.ts';",
    `type Operation = {
      readonly method: ${METHODS.map((method) => `'${method}'`).join(' | ')};
      readonly path: string;
      /** The names of its query parameters, beside those that every operation takes. */
      readonly query: readonly string[];
      /** The values of a query parameter that has only these; some take several, separated by commas. */
      readonly values?: Readonly<Record<string, readonly string[]>>;
      readonly takesReason?: true;
    };`,
    `const OPERATIONS = {\n${entries.join('\n')}\n} as const satisfies Readonly<Record<string, Operation>>;`,
    'export type ApiOperation = keyof typeof OPERATIONS;',
    `/** What an operation responds with. */
    export type ResponseOf<Id extends ApiOperation> = DataOf<
      paths[(typeof OPERATIONS)[Id]['path']][(typeof OPERATIONS)[Id]['method']]
    >;`,
    'export const operationOf = (id: ApiOperation): Operation => OPERATIONS[id];',
    '',
  ].join('\n\n');
};

const SEVERAL = /separated by commas: (.*)$/;

/** The values that a query parameter has, alone or separated by commas. */
const valuesOf = (field: z.core.$ZodType): readonly unknown[] | undefined => {
  const { enum: values, description = '' } = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' });
  return values ?? SEVERAL.exec(description)?.[1]?.split(', ');
};

const Media = z.record(z.string(), z.object({ schema: z.unknown() }));
const Operation = z.object({
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: z.unknown() }))
    .default([]),
  requestBody: z.object({ required: z.boolean().optional(), content: Media }).optional(),
  responses: z.record(z.string(), z.object({ content: Media.optional() })),
});
type Operation = z.infer<typeof Operation>;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
const Operations = z.object(Object.fromEntries(METHODS.map((method) => [method, Operation.optional()])));
type Operations = z.infer<typeof Operations>;
/** Of what lies outside of the API's prefix, `servers` says where. */
const Path = Operations.extend({ servers: z.unknown().optional() });
const Document = z.object({
  paths: z.record(z.string(), Path),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

const operationsOf = (operations: Operations): string =>
  objectOf([
    ...METHODS.map((method): Field => {
      const operation = operations[method];
      return operation === undefined ? [method, 'never', true] : [method, operationOf(operation), false];
    }),
  ]);

const operationOf = ({ parameters, requestBody, responses }: Operation): string => {
  const placed = Map.groupBy(parameters, (parameter) => parameter.in);
  const parametersOf = [...placed].map(([place, ofPlace]): Field => {
    const fields = ofPlace.map(({ name, required, schema }): Field => {
      // What a query leaves out may be given as undefined.
      const type = place === 'query' && required !== true ? `${typeOf(schema)} | undefined` : typeOf(schema);
      return [name, type, required !== true];
    });
    return [place, objectOf(fields), ofPlace.every(({ required }) => required !== true)];
  });
  const results = Object.entries(responses).map(([status, { content }]): Field => {
    const body: readonly Field[] =
      content === undefined ? [['content', 'never', true]] : [['content', mediaOf(content), false]];
    return [status, objectOf(body), false];
  });
  return objectOf([
    ['parameters', objectOf(parametersOf), false],
    requestBody === undefined
      ? ['requestBody', 'never', true]
      : ['requestBody', objectOf([['content', mediaOf(requestBody.content), false]]), requestBody.required !== true],
    ['responses', objectOf(results), false],
  ]);
};

const mediaOf = (media: z.infer<typeof Media>): string =>
  objectOf(Object.entries(media).map(([type, { schema }]): Field => [type, typeOf(schema), false]));

type Field = readonly [name: string, type: string, optional: boolean];

const objectOf = (fields: readonly Field[]): string =>
  fields.length === 0
    ? 'Record<string, never>'
    : `{ ${fields.map(([name, type, optional]) => `${key(name)}${optional ? '?' : ''}: ${type}`).join('; ')} }`;

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) || /^\d+$/.test(name) ? name : JSON.stringify(name));

const JsonSchema = z.looseObject({
  $ref: z.string().optional(),
  const: z.json().optional(),
  enum: z.array(z.json()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  items: z.unknown().optional(),
  prefixItems: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  additionalProperties: z.unknown().optional(),
});
type JsonSchema = z.infer<typeof JsonSchema>;

/** The type that a JSON schema describes. */
const typeOf = (given: unknown): string => {
  const parsed = JsonSchema.safeParse(given);
  if (!parsed.success) return 'unknown';
  const schema = parsed.data;
  if (schema.$ref !== undefined) return /^#[/]components[/]schemas[/](.+)/.exec(schema.$ref)?.[1] ?? 'unknown';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return `(${[...new Set(choices.map(typeOf))].join(' | ')})`;
  if (schema.allOf !== undefined) return `(${schema.allOf.map(typeOf).join(' & ')})`;
  const types = [schema.type ?? []].flat();
  return types.length === 0 ? 'unknown' : types.map((type) => plainTypeOf(type, schema)).join(' | ');
};

const plainTypeOf = (type: string, schema: JsonSchema): string => {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return schema.prefixItems === undefined
        ? `(${typeOf(schema.items)})[]`
        : `[${schema.prefixItems.map(typeOf).join(', ')}]`;
    case 'object':
      return objectTypeOf(schema);
    default:
      return type;
  }
};

const objectTypeOf = ({ properties, required, additionalProperties }: JsonSchema): string => {
  const fields = Object.entries(properties ?? {}).map(
    ([name, schema]): Field => [name, typeOf(schema), !required.includes(name)],
  );
  if (fields.length > 0) return objectOf(fields);
  return `Record<string, ${additionalProperties === undefined || additionalProperties === false ? 'unknown' : typeOf(additionalProperties)}>`;
};
