import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import supertest from 'supertest';
import { z } from 'zod';
import { EXAMPLES } from '../../src/http/openapi/examples.ts';
import { COMPLETION_TOKEN, takesBody } from '../../src/http/route.ts';
import { testApp, tokenFor } from '../support/http.ts';
import { allRoutes, described, nameOf } from '../support/routes.ts';

const API = '/_/scheduler';
const PERMISSIONS = [...new Set(allRoutes.map(({ permission }) => permission))];
const ADMINISTRATORS = ['scheduler:tenant:admin', 'scheduler:admin'];

const Operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional(),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: z.unknown().optional() })),
});
const PathItem = z
  .looseObject({ servers: z.unknown().optional() })
  .transform(({ servers: _, ...operations }) => z.record(z.string(), Operation).parse(operations));
const Document = z.object({
  openapi: z.string(),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), PathItem),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

const { app } = testApp();
const pathOf = (path: string): string => path.replace(':id', '7').replace(':name', 'NAME').replace(':backfillId', '9');

describe('the description of the API', () => {
  let document: z.infer<typeof Document>;
  before(async () => {
    const { body } = await supertest(app).get(`${API}/openapi.json`).expect(200);
    document = Document.parse(body);
  });

  it('is valid OpenAPI 3.1, and needs no token', async () => {
    const { body } = await supertest(app).get(`${API}/openapi.json`).expect(200);
    const { valid, errors } = await new Validator().validate(body);
    expect([valid, errors]).to.deep.equal([true, undefined]);
    expect(body.openapi).to.equal('3.1.0');
    expect(body.servers).to.deep.equal([{ url: API }]);
    expect(document.components.securitySchemes).to.have.keys('bearer', 'session');
  });

  it('has an example of each body, and of no other operation', () => {
    const withBody = allRoutes.filter((route) => takesBody(route) && route.addresses !== 'job');
    expect(withBody.map(({ operationId }) => operationId)).to.have.members(Object.keys(EXAMPLES));
  });

  it('is sent once to a browser that caches it', async () => {
    const { headers } = await supertest(app).get(`${API}/openapi.json`).expect(200);
    expect(headers['cache-control']).to.equal('no-cache');
    await supertest(app).get(`${API}/openapi.json`).set('If-None-Match', String(headers.etag)).expect(304, '');
  });

  it('has every route and no other, each with a unique id', () => {
    const inDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(inDocument).to.have.members(described.map(nameOf));
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).to.equal(inDocument.length);
    for (const id of ids) expect(id).to.match(/^[a-z][A-Za-z]+$/);
  });

  it('points nowhere that is not there', async () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).to.have.property(name ?? '');
    }
  });

  for (const route of allRoutes) {
    describe(nameOf(route), () => {
      const send = (token: string | undefined) => {
        const request = supertest(app)[route.method](`${API}${pathOf(route.path)}`);
        return token === undefined ? request : request.set('Authorization', `Bearer ${token}`);
      };
      const operation = () => document.paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method];

      it('describes its responses', () => {
        const statuses = Object.keys(route.responses);
        expect(statuses, 'of success').to.not.deep.equal([]);
        expect((route.result ?? route.lines) !== undefined, 'a schema of the answer').to.equal(
          !statuses.includes('204'),
        );
        expect(operation()?.responses).to.include.all.keys(...statuses, '400', '401', '403', 'default');
        if (route.path.includes(':')) expect(operation()?.responses).to.include.keys('404');
      });

      it('describes its parameters and body', () => {
        const names = operation()?.parameters?.filter((each) => each.in === 'path') ?? [];
        expect(names.map(({ name }) => name)).to.have.members(
          [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name),
        );
        const takesBody = operation()?.requestBody !== undefined;
        expect(route.example !== undefined, 'an example of the body').to.equal(takesBody);
        if (takesBody) expect((route.accepts ?? route.body).safeParse(route.example).error).to.equal(undefined);
      });

      it('is closed to callers without a token', async () => {
        const { body } = await send(undefined).expect(401);
        expect(body.code).to.equal('NOT_AUTHENTICATED');
      });

      if (route.permission === COMPLETION_TOKEN) return;
      it(`is closed to callers without ${route.permission}`, async () => {
        const letIn: readonly string[] = [route.permission, ...(route.otherPermissions ?? []), ...ADMINISTRATORS];
        const ofInstallation = route.permission === 'scheduler:admin';
        const others = PERMISSIONS.filter(
          (each) => !letIn.includes(each) || (ofInstallation && each === 'scheduler:tenant:admin'),
        );
        const { body } = await send(tokenFor({ permissions: others })).expect(403);
        expect(body.code).to.equal('FORBIDDEN');
      });
    });
  }
});
