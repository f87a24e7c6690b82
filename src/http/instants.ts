import { z } from 'zod';
import { durationMs } from '../domain/duration.ts';
import { isInstantMs, toInstant } from '../domain/values.ts';

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
  if (!isFields(body)) return body;
  const { filter } = body;
  return withInstants(isFields(filter) ? { ...body, filter: withInstants(filter, nowMs) } : body, nowMs);
};

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
