import { z } from 'zod';
import { isRecord } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import { InstantInput, isInstantMs, toInstant, toMs } from '../domain/values.ts';
import type { Scope } from '../projections/queries/scope.ts';
import type { ApiContext } from './context.ts';

const expired = (what: string, before: string): DomainError =>
  new DomainError('EXPIRED', `${what} has expired: executions before ${before} are past retention`);

/**
 * Why an execution is missing: according to its id it has expired, or it never existed.
 * @returns DomainError EXPIRED, EXECUTION_NOT_FOUND
 */
export const executionMissing = async (
  { queries }: ApiContext,
  scope: Scope,
  executionId: number,
): Promise<DomainError> => {
  const before = await queries.expiredBefore(scope, { executionId });
  if (before !== undefined) return expired(`execution ${executionId}`, before);
  return new DomainError('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
};

/**
 * Rejects a list that ends at or before the retention cutoff, where everything has expired; some jobs may keep theirs
 * longer.
 * @throws DomainError EXPIRED
 */
export const rejectExpiredList = async (
  { queries }: ApiContext,
  scope: Scope,
  { to, ...of }: { readonly to: string | undefined; readonly jobId?: number },
): Promise<void> => {
  if (to === undefined) return;
  const before = await queries.expiredBefore(scope, of);
  if (before === undefined || to > before) return;
  const left = await queries.listExecutions(scope, { ...of, to }, { limit: 1 });
  if (left.items.length === 0) throw expired(`the data before ${to}`, before);
};

type ExpiryQuestion = { readonly from: string; readonly jobId?: number };

/**
 * Rejects what begins before the retention cutoff of a job, or else of any job that the caller can see.
 * @throws DomainError EXPIRED
 */
export const rejectExpired = async (
  { queries }: ApiContext,
  scope: Scope,
  { from, ...of }: ExpiryQuestion,
): Promise<void> => {
  const before = await queries.expiredBefore(scope, of);
  if (before !== undefined && from < before) throw expired(`the data at ${from}`, before);
};

/** The query parameter for past states. */
export const asOfQuery = {
  asOf: InstantInput.exactOptional().meta({
    description: 'Shows the state at this instant; default: now',
  }),
};

export const AsOfQuery = z.strictObject(asOfQuery);

/**
 * The scope as of a requested instant.
 * @throws DomainError BAD_INPUT if it is in the future or before the log began; EXPIRED
 */
export const scopeAsOf = async (scope: Scope, asOf: string | undefined, api: ApiContext): Promise<Scope> => {
  if (asOf === undefined) return scope;
  if (toMs(asOf) > api.clock.now()) throw rejectField('BAD_INPUT', '/asOf', 'is in the future: use a past instant');
  const beganMs = await api.logBegan();
  if (beganMs !== undefined && toMs(asOf) < beganMs) {
    throw rejectField('BAD_INPUT', '/asOf', `is before the log began, at ${toInstant(beganMs)}`);
  }
  await rejectExpired(api, scope, { from: asOf });
  return { ...scope, asOf };
};

/** The fields of a request. */
export type Fields = Readonly<Record<string, unknown>>;

/** Fields that are instants, in queries and bodies. */
const INSTANTS = ['from', 'to', 'asOf'] as const;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const AGO = /^-(\d{1,7}(?:ms|[smhdw]))$/;

/** Names of days mean the most recent such day, including today. */
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const DAY = new RegExp(`^(today|yesterday|${WEEKDAYS.join('|')})$`);
const DAY_MS = 86_400_000;

/** Replaces dates and days (by their midnight in UTC) and durations before now, such as `-24h`, by instants. */
export const withInstants = (query: Fields, nowMs: number): Fields => {
  const instants = INSTANTS.flatMap((name) => {
    const ms = readMs(query[name], nowMs);
    return ms === undefined || !isInstantMs(ms) ? [] : [[name, toInstant(ms)]];
  });
  return instants.length === 0 ? query : { ...query, ...Object.fromEntries(instants) };
};

/** The same for a body and its filter. */
export const withInstantsInBody = (body: unknown, nowMs: number): unknown => {
  if (!isRecord(body)) return body;
  const { filter } = body;
  return withInstants(isRecord(filter) ? { ...body, filter: withInstants(filter, nowMs) } : body, nowMs);
};

/** `undefined` if it is no date, day or duration: the schema validates it. */
const readMs = (value: unknown, nowMs: number): number | undefined => {
  if (typeof value !== 'string') return undefined;
  if (DATE.test(value)) return z.iso.date().safeParse(value).success ? Date.parse(value) : undefined;
  const [, day] = DAY.exec(value) ?? [];
  if (day !== undefined) return midnightOf(day, nowMs);
  const [, span] = AGO.exec(value) ?? [];
  return span === undefined ? undefined : nowMs - durationMs(span);
};

const midnightOf = (day: string, nowMs: number): number => {
  const todayMs = nowMs - (nowMs % DAY_MS);
  const weekday = WEEKDAYS.indexOf(day);
  const daysAgo = weekday < 0 ? Number(day === 'yesterday') : (new Date(nowMs).getUTCDay() - weekday + 7) % 7;
  return todayMs - daysAgo * DAY_MS;
};

const FORMS = 'An instant, a date, a day such as `monday` or `yesterday` (midnight UTC), or a time ago such as `-24h`';
const WrittenInstant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date(), z.string().regex(AGO), z.string().regex(DAY)])
  .meta({ description: FORMS });

/** These parameters in the API's description. */
export const describedInstants = (parameters: z.ZodObject): z.ZodObject =>
  parameters.extend(
    Object.fromEntries(
      INSTANTS.flatMap((name) => {
        const schema: z.ZodType | undefined = parameters.shape[name];
        if (schema === undefined) return [];
        const described = WrittenInstant.meta({
          description: [...(schema.description === undefined ? [] : [schema.description]), FORMS].join('. '),
        });
        return [[name, schema._zod.optin === 'optional' ? described.optional() : described]];
      }),
    ),
  );

/** These fields of a body in the API's description. */
export const describedFields = (properties: Fields) =>
  Object.fromEntries(
    INSTANTS.filter((name) => properties[name] !== undefined).map((name) => [name, z.toJSONSchema(WrittenInstant)]),
  );
