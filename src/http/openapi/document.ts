import { z } from 'zod';
import { type CreateDocumentOptions, createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { FILE_NAMES, fileSchema } from '../../bootstrap/file-schemas.ts';
import { ReasonInput } from '../../commands/parse.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { ADDRESSED, ID_FIELDS, ID_LISTS } from '../addresses.ts';
import { describedFields, describedInstants } from '../instants.ts';
import { type StaticFile, sendFile, staticFile } from '../responses/static-file.ts';
import { isChange, type OpenRoute, PREFIX, type Route, takesBody, takesReason } from '../route.ts';
import { Address, commonHeaders, commonQuery, problem, responseHeaders, TAGS } from './parts.ts';

/** Creates the API's OpenAPI 3.1 description from its routes. */
export const openApiDocument = (
  described: readonly (Route | OpenRoute)[],
  version: string,
): Readonly<Record<string, unknown>> => {
  const paths = Map.groupBy(described, ({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
  const routes = described.filter((route) => 'permission' in route);
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Carillon',
        version,
        description: 'Schedules HTTP calls and work of workers, and records the outcome of each.',
        license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: PREFIX }],
      security: [{ bearer: [] }, { session: [] }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths: Object.fromEntries([...paths].map(([path, ofPath]) => [path, pathItem(ofPath)])),
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A JWT, or an API token from `POST /tokens`' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'session',
            description: 'For browsers: the session from POST /session, or a JWT. SESSION_COOKIE sets the cookie name',
          },
        },
      },
    },
    { allowEmptySchema: { unknown: true, custom: true }, override: clarifySchema(bodiesWithReason(routes)) },
  );
  return { ...document };
};

const pathItem = (routes: readonly (Route | OpenRoute)[]) => ({
  // Health and metrics are outside the API's prefix.
  ...(routes.some((route) => 'atRoot' in route) ? { servers: [{ url: '/' }] } : {}),
  ...Object.fromEntries(
    routes.map((route) => [route.method, 'permission' in route ? operationOf(route) : openOperationOf(route)]),
  ),
});

const openOperationOf = (route: OpenRoute): ZodOpenApiOperationObject => {
  const { operationId, summary, description = 'Requires no token.', tag, takes, params, query } = route;
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    ...(takes === 'any' ? {} : { security: takes === 'bearer' ? [{ bearer: [] }] : [] }),
    ...(params || query ? { requestParams: defined({ path: params, query }) } : {}),
    responses: {
      ...mapValues(route.responses, (text) => ({ description: text, ...contentOf(route) })),
      ...mapValues(route.problems ?? {}, problem),
    },
  };
};

const mapValues = <T, U>(record: Readonly<Record<string, T>>, make: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value)]));

const contentOf = ({ result, mediaType = 'application/json' }: Route | OpenRoute) =>
  result === undefined ? {} : { content: { [mediaType]: { schema: result } } };

const tagOf = ({ path }: Route): string => path.split('/')[1] ?? '';

const operationOf = (route: Route): ZodOpenApiOperationObject => {
  const { operationId, summary, permission, otherPermissions = [], accepts, example, body, details, headers } = route;
  return {
    operationId,
    summary,
    description: [
      `Requires the permission ${[permission, ...otherPermissions].map((each) => `\`${each}\``).join(' or ')}.`,
      ...(details === undefined ? [] : [details]),
    ].join(' '),
    tags: [tagOf(route)],
    requestParams: {
      path: pathParameters(route),
      query: addressed(describedInstants(objectOf(route.query)), Object.keys(ID_FIELDS)).extend(commonQuery(route)),
      header: z.object({ ...commonHeaders(route), ...headers?.shape }),
    },
    ...(takesBody(route)
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: accepts ?? body, ...(example && { example }) } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map((response) => successOf(route, response))),
      ...mapValues({ ...Object.fromEntries(problemsOf(route)), ...route.problems }, problem),
      default: problem('Internal error'),
    },
  };
};

const pathParameters = ({ path, addresses, params }: Route): z.ZodObject => {
  const parameters = objectOf(params);
  // The handler finds the id in place of the name.
  if (addresses === 'application') return parameters.omit({ id: true }).extend({ application: z.string() });
  return ADDRESSED.test(path) ? addressed(parameters, ['id']) : parameters;
};

/** Parameters that can be addresses, which are replaced by ids before validation. */
const addressed = (parameters: z.ZodObject, names: readonly string[]): z.ZodObject =>
  parameters.extend(
    Object.fromEntries(
      names.flatMap((name) => {
        const schema = parameters.shape[name];
        if (schema === undefined) return [];
        return [[name, schema._zod.optin === 'optional' ? Address.optional() : Address]];
      }),
    ),
  );

/** The items are ids; in a bootstrap file they are whole applications. */
const isListOfIds = (list: unknown): list is { items: unknown } =>
  z.object({ items: z.object({ type: z.literal('integer') }) }).safeParse(list).success;

/** The schema if it is an object, otherwise an empty object. */
const objectOf = (schema: z.ZodType): z.ZodObject => (schema instanceof z.ZodObject ? schema : z.object({}));

const successOf = (route: Route, [status, description]: readonly [string, string]) => {
  const { lines } = route;
  const headers = responseHeaders(route, Number(status));
  const content = lines === undefined ? contentOf(route) : { content: { 'application/x-ndjson': { schema: lines } } };
  return [status, { description, headers, ...content }] as const;
};

const problemsOf = (route: Route): readonly (readonly [status: number, description: string])[] => [
  [400, 'The request is malformed; `errors` lists the fields'],
  [401, 'The request has no valid token'],
  [403, 'The token lacks the permission'],
  ...(route.path.includes(':') ? [[404, 'Not found, or it belongs to another tenant'] as const] : []),
  ...(isChange(route) ? [[409, 'A name is taken, or the same request is in progress'] as const] : []),
  ...(route.conditional ? [[412, 'It changed after the revision in If-Match'] as const] : []),
  ...(takesBody(route) ? [[413, 'The body is too large'] as const, [415, 'The body is not JSON'] as const] : []),
  ...(isChange(route) || takesBody(route)
    ? [[422, 'The request is well-formed but rejected; `errors` lists the fields'] as const]
    : []),
  [429, 'Too many requests, or a quota is used up: retry after Retry-After'],
  [503, 'The service is starting or stopping, or a part it needs is unavailable: retry after Retry-After'],
];

/** The body schemas of requests with a reason. */
const bodiesWithReason = (routes: readonly Route[]): ReadonlySet<unknown> =>
  new Set(
    routes
      .filter((route) => takesBody(route) && takesReason(route))
      .flatMap(({ accepts, body }) => objectsOf(accepts ?? body)),
  );

const objectsOf = (schema: unknown): readonly unknown[] => {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsOf);
  if (schema instanceof z.ZodOptional) return objectsOf(schema.unwrap());
  return [schema];
};

/** Corrects misleading JSON schemas of zod. */
const clarifySchema =
  (withReason: ReadonlySet<unknown>): NonNullable<CreateDocumentOptions['override']> =>
  ({ jsonSchema, zodSchema, io }) => {
    if (io === 'input' && withReason.has(zodSchema)) {
      const reason = z.toJSONSchema(ReasonInput.meta({ description: 'The reason, stored with the change' }));
      jsonSchema.properties = { ...jsonSchema.properties, reason };
    }
    const drop = (key: string): boolean => Reflect.deleteProperty(jsonSchema, key);
    // Zod describes "any JSON" as a recursive union, or not at all.
    if (zodSchema._zod.def.type === 'lazy' || zodSchema._zod.def.type === 'custom') {
      Object.keys(jsonSchema).forEach(drop);
      jsonSchema.description = 'Any JSON value';
    }
    // For a record with a fixed set of keys, zod lists only required keys.
    const { required = [], additionalProperties: value } = jsonSchema;
    if (zodSchema._zod.def.type === 'record' && required.length > 0 && typeof value === 'object') {
      jsonSchema.properties = Object.fromEntries(required.map((key) => [key, value]));
      drop('propertyNames');
      drop('additionalProperties');
    }
    // Zod describes a text, because numbers in paths and queries are parsed from text.
    if (jsonSchema.format === 'int32' || jsonSchema.format === 'int64') {
      jsonSchema.type = 'integer';
      drop('pattern');
    }
    // The pattern repeats the format.
    if (jsonSchema.format === 'date-time') drop('pattern');
    // Integers without a smaller bound can exceed 32 bits, such as ids.
    if (jsonSchema.type === 'integer' && jsonSchema.maximum === Number.MAX_SAFE_INTEGER) jsonSchema.format = 'int64';
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) drop('minimum');
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) drop('maximum');
    // The same in bodies, in which `of` is the scope's id.
    for (const name of Object.keys(ID_FIELDS)) {
      const field = io === 'input' ? jsonSchema.properties?.[name] : undefined;
      if (field !== undefined) jsonSchema.properties = { ...jsonSchema.properties, [name]: z.toJSONSchema(Address) };
    }
    for (const name of Object.keys(ID_LISTS)) {
      const list = io === 'input' ? jsonSchema.properties?.[name] : undefined;
      if (isListOfIds(list)) list.items = z.toJSONSchema(Address);
    }
    if (io === 'input' && jsonSchema.properties !== undefined) {
      jsonSchema.properties = { ...jsonSchema.properties, ...describedFields(jsonSchema.properties) };
    }
    const { scope } = io === 'input' ? (jsonSchema.properties ?? {}) : {};
    if (typeof scope === 'object' && (scope.const === 'application' || scope.const === 'job')) {
      jsonSchema.properties = { ...jsonSchema.properties, of: z.toJSONSchema(Address) };
    }
    // Later versions can add response fields.
    if (io === 'output' && jsonSchema.additionalProperties === false) drop('additionalProperties');
  };

/**
 * `GET /openapi.json` serves the API's description, and `GET /schemas/…` the schemas of bootstrap files, without a token,
 * because they contain no data. Each is created at its first request.
 */
export const documentRoutes = (document: () => unknown): OpenRoute[] => {
  const fileOf = (make: () => unknown): (() => StaticFile) => {
    let file: StaticFile | undefined;
    return () => (file ??= staticFile(Buffer.from(`${JSON.stringify(make())}\n`), 'application/json; charset=utf-8'));
  };
  const description = fileOf(document);
  const schemas = new Map(FILE_NAMES.map((name): [string, () => StaticFile] => [name, fileOf(() => fileSchema(name))]));
  return [
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'Shows this document',
      tag: 'openapi',
      result: z.object({ openapi: z.string() }),
      responses: { 200: 'The description of the API' },
      serve: (request, response) => sendFile(request, response, { file: description(), cacheControl: 'no-cache' }),
    },
    {
      method: 'get',
      path: '/schemas/:file',
      operationId: 'getFileSchema',
      summary: 'Shows the JSON Schema of a bootstrap file, for completion and validation in editors',
      tag: 'openapi',
      params: z.object({ file: z.enum(FILE_NAMES) }),
      result: z.object({ $schema: z.string() }),
      responses: { 200: 'A JSON Schema, draft 7' },
      problems: { 404: 'There is no such file' },
      serve: (request, response) => {
        const file = schemas.get(String(request.params.file));
        if (file === undefined) throw new DomainError('ROUTE_NOT_FOUND', 'nothing is served at this path');
        return sendFile(request, response, { file: file(), cacheControl: 'no-cache' });
      },
    },
  ];
};
