import type { FindNamed } from '../commands/loop/names.ts';
import { defined, isRecord } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { EVERY_TENANT } from '../domain/values.ts';
import type { Scope } from '../projections/queries/scope.ts';
import type { Fields } from './instants.ts';
import type { Route } from './route.ts';
import type { RawInput } from './validate.ts';

type Kind = 'application' | 'job';
type Look = {
  /** What the caller can see: other applications' resources are not found by name either. */
  readonly scope: Scope;
  readonly find: FindNamed;
};

/** Fields of queries and bodies that identify a job or application. */
export const ID_FIELDS = { applicationId: 'application', jobId: 'job' } as const;
/** Fields with several ids. */
export const ID_LISTS = { applicationIds: 'application', jobIds: 'job', applications: 'application' } as const;

/** How an id is written at a place, and the codes that reject an unknown address there. */
type Place = {
  readonly written: (id: number) => string | number;
  readonly application: 'APPLICATION_NOT_FOUND' | 'UNKNOWN_APPLICATION';
  readonly job: 'JOB_NOT_FOUND' | 'UNKNOWN_JOB';
};
const IN_URL: Place = { written: String, application: 'APPLICATION_NOT_FOUND', job: 'JOB_NOT_FOUND' };
const IN_BODY: Place = { written: Number, application: 'UNKNOWN_APPLICATION', job: 'UNKNOWN_JOB' };

type Given = { readonly params: Fields; readonly query: Fields; readonly body: unknown };

/** Returns whether a request contains an address. Most contain none, or only ids. */
export const hasAddresses = ({ path, addresses }: Route, { params, query, body }: Given): boolean => {
  if (addresses !== undefined || namesSome(query)) return true;
  const kind = ADDRESSED.exec(path)?.[1];
  if (isKind(kind) && isAddress(kind, params.id)) return true;
  if (!isRecord(body)) return false;
  const { scope, of, filter } = body;
  return namesSome(body) || (isKind(scope) && isAddress(scope, of)) || (isRecord(filter) && namesSome(filter));
};

const namesSome = (fields: Fields): boolean =>
  Object.entries(ID_FIELDS).some(([field, kind]) => isAddress(kind, fields[field])) ||
  Object.entries(ID_LISTS).some(([field, kind]) => {
    const several = fields[field];
    return Array.isArray(several) && several.some((each) => isAddress(kind, each));
  });

/**
 * Replaces addresses by ids. A request identifies a job by id or by address, `crm/nightly-sync`, and an application by id or
 * name; validation afterwards sees only ids.
 * @throws DomainError APPLICATION_NOT_FOUND, JOB_NOT_FOUND; in a body UNKNOWN_APPLICATION, UNKNOWN_JOB; BAD_INPUT for all
 * tenants
 */
export const withIds = async (route: Route, { params, query, body }: Given, look: Look): Promise<RawInput> => ({
  params: await paramsWithIds(route, params, { ...look, ...IN_URL }),
  query: await fieldsWithIds(query, '', { ...look, ...IN_URL }),
  body: await bodyWithIds(body, { ...look, ...IN_BODY }),
});

/** Paths with the id of a job or application. */
export const ADDRESSED = /^\/(application|job)s\/:id/;

const paramsWithIds = async ({ path, addresses }: Route, params: Fields, look: Look & Place): Promise<Fields> => {
  const { id, application, job, ...rest } = params;
  if (addresses === 'job') return { ...rest, id: await idAt('job', `${application}/${job}`, look) };
  if (addresses === 'application') {
    return { ...rest, ...defined({ job }), id: await idAt('application', `${application}`, look) };
  }
  const kind = ADDRESSED.exec(path)?.[1];
  return isKind(kind) && isAddress(kind, id) ? { ...params, id: await idAt(kind, id, look) } : params;
};

const bodyWithIds = async (body: unknown, look: Look & Place): Promise<unknown> => {
  if (!isRecord(body)) return body;
  const { scope, of, filter } = body;
  return {
    ...(await fieldsWithIds(body, '', look)),
    ...(isKind(scope) && isAddress(scope, of) ? { of: await idAt(scope, of, look, '/of') } : {}),
    ...(isRecord(filter) ? { filter: await fieldsWithIds(filter, '/filter', look) } : {}),
  };
};

const fieldsWithIds = async (fields: Fields, at: string, look: Look & Place): Promise<Fields> => {
  const ids: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(ID_FIELDS)) {
    const given = fields[field];
    if (isAddress(kind, given)) ids[field] = await idAt(kind, given, look, `${at}/${field}`);
  }
  for (const [field, kind] of Object.entries(ID_LISTS)) {
    const several = fields[field];
    if (Array.isArray(several)) ids[field] = await eachWithId(several, kind, { ...look, at: `${at}/${field}` });
  }
  return { ...fields, ...ids };
};

type ListPlace = Look & Place & { readonly at: string };

const eachWithId = (given: readonly unknown[], kind: Kind, { at, ...look }: ListPlace): Promise<unknown[]> =>
  Promise.all(given.map((each, index) => (isAddress(kind, each) ? idAt(kind, each, look, `${at}/${index}`) : each)));

/** @param pointer to the field of a query or body with the address */
const idAt = async (kind: Kind, address: string, look: Look & Place, pointer?: string): Promise<string | number> => {
  const { scope, find, written } = look;
  const { tenant, applications } = scope;
  if (tenant === EVERY_TENANT) throw rejectField('BAD_INPUT', '/tenant', 'must be one tenant here, not *');
  const [application = '', job] = address.split('/').map((name) => name.normalize('NFC').trim());
  const found = ID.test(application) ? Number(application) : await find.application(tenant, application);
  const applicationId = applications?.some((own) => own === found) === false ? undefined : found;
  const id =
    applicationId === undefined || job === undefined ? applicationId : await find.job(tenant, applicationId, job);
  if (id !== undefined) return written(id);
  const why = `there is no ${kind} ${address}`;
  throw pointer === undefined ? new DomainError(look[kind], why) : rejectField(look[kind], pointer, why);
};

const isKind = (value: unknown): value is Kind => value === 'application' || value === 'job';
const ID = /^[1-9]\d{0,15}$/;
const ADDRESSES = { application: /^(?=.*\D)[^/]{1,200}$/u, job: /^[^/]{1,200}\/[^/]{1,200}$/u };
/** Other values, including ids, are validated by the schema. */
const isAddress = (kind: Kind, value: unknown): value is string =>
  typeof value === 'string' && ADDRESSES[kind].test(value);
