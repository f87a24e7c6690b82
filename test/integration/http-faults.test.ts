import { expect } from 'chai';
import { z } from 'zod';
import { DomainError, type FieldError } from '../../src/domain/domain-error.ts';
import type { Route } from '../../src/http/route.ts';
import { validateRequest } from '../../src/http/validate.ts';
import { allRoutes, nameOf } from '../support/routes.ts';

/** What zod would say of its types, and what no caller has sent. */
const FOREIGN = /expected|received|invalid|undefined|\bNaN\b|ZodError|\[object|not allowed here/i;
/** A value of each kind, and such that are too small, too large or too long. */
const VALUES: readonly unknown[] = [null, true, -1, 0.5, 1e15, '', 'x', 'x'.repeat(10_000), [], [null], {}, { x: 1 }];
const QUERY_VALUES: readonly unknown[] = ['', 'x', '-1', '0', '9'.repeat(20), 'a,b', 'x'.repeat(300), ['1', '2']];

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Each place in a body, from the outside in. */
const placesIn = (value: unknown, at: readonly string[] = []): readonly (readonly string[])[] =>
  isFields(value)
    ? Object.entries(value).flatMap(([key, item]) => [[...at, key], ...placesIn(item, [...at, key])])
    : [];

const GONE = Symbol('left out');
const withValue = (body: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown => {
  const next = rest.length === 0 ? value : withValue(isFields(body) ? body[key] : undefined, rest, value);
  if (Array.isArray(body))
    return body.map((item, at) => (String(at) === key ? next : item)).filter((each) => each !== GONE);
  const { [key]: _, ...others } = isFields(body) ? body : {};
  return next === GONE ? others : { ...others, [key]: next };
};

const fieldsOf = (schema: z.ZodType): readonly string[] =>
  Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {});

const faultsOf = (schemas: Parameters<typeof validateRequest>[0], input: Fields): readonly FieldError[] => {
  try {
    validateRequest(schemas, { params: {}, query: {}, body: undefined, ...input });
    return [];
  } catch (error) {
    if (error instanceof DomainError) return error.errors;
    throw error;
  }
};
const ANY = { params: z.unknown(), query: z.unknown(), body: z.unknown() };
const faultsInBody = ({ accepts, body: own }: Route, body: unknown) =>
  faultsOf({ ...ANY, body: accepts ?? own }, { body });

describe('an invalid request', () => {
  const withBodies = allRoutes.filter(({ example }) => example !== undefined);

  it('is reported by the names of its fields, without terms of the schema library, for each field of each body', () => {
    for (const route of withBodies) {
      const body: unknown = JSON.parse(JSON.stringify(route.example));
      expect(faultsInBody(route, body), nameOf(route)).to.deep.equal([]);
      const places = [...placesIn(body), ...fieldsOf(route.accepts ?? route.body).map((field) => [field])];
      for (const place of places) {
        const pointer = `/${place.map((key) => key.replaceAll('/', '~1')).join('/')}`;
        const object = `/${pointer.slice(1).split('/').slice(0, -1).join('/')}`;
        for (const value of [GONE, ...VALUES]) {
          const what = `${nameOf(route)} ${pointer} ${String(value).slice(0, 20)}`;
          for (const fault of faultsInBody(route, withValue(body, place, value))) {
            expect(fault.message, what).to.not.match(FOREIGN);
            // Where fields do not go together, the one beside it may be named, or the object that both are in.
            expect(`${fault.pointer}/`.startsWith(object), `${what}: ${fault.pointer}`).to.equal(true);
          }
        }
      }
    }
  });

  it('is reported of each parameter of a query', () => {
    for (const route of allRoutes) {
      for (const name of [...fieldsOf(route.query), 'colour']) {
        for (const value of QUERY_VALUES) {
          const what = `${nameOf(route)} ?${name}=${value}`;
          for (const { pointer, message } of faultsOf({ ...ANY, query: route.query }, { query: { [name]: value } })) {
            expect(message, what).to.not.match(FOREIGN);
            expect(pointer.startsWith(`/${name}`) || message === 'is required', `${what}: ${pointer}`).to.equal(true);
          }
        }
      }
    }
  });

  it('is reported all at the same time: of the path, the query and the body', () => {
    for (const route of withBodies) {
      const unknown = { colour: 'red' };
      const faults = faultsOf(route, { params: unknown, query: unknown, body: { ...route.example, ...unknown } });
      const pointers = faults.map(({ pointer }) => pointer);
      expect(
        pointers.filter((pointer) => pointer === '/colour'),
        nameOf(route),
      ).to.have.length(3);
    }
  });
});
