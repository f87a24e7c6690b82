import { z } from 'zod';
import { durationMs } from '../domain/duration.ts';
import { isInstantMs, toInstant } from '../domain/values.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The query parameters that are instants, wherever they are taken. */
const INSTANTS = ['from', 'to', 'asOf'] as const;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const AGO = /^-(\d{1,7}(?:ms|[smhdw]))$/;

/** Puts instants in the places of dates (their midnight in UTC) and of spans before now, such as `-24h`. */
export const withInstants = (query: Fields, nowMs: number): Fields => {
  const instants = INSTANTS.flatMap((name) => {
    const ms = readMs(query[name], nowMs);
    return ms === undefined || !isInstantMs(ms) ? [] : [[name, toInstant(ms)]];
  });
  return instants.length === 0 ? query : { ...query, ...Object.fromEntries(instants) };
};

/** Undefined where it is neither a date nor a span: it is left to the schema that it has to fit. */
const readMs = (value: unknown, nowMs: number): number | undefined => {
  if (typeof value !== 'string') return undefined;
  if (DATE.test(value)) return z.iso.date().safeParse(value).success ? Date.parse(value) : undefined;
  const [, span] = AGO.exec(value) ?? [];
  return span === undefined ? undefined : nowMs - durationMs(span);
};

/** These parameters as the API's description has them. */
export const describedInstants = (parameters: z.ZodObject): z.ZodObject =>
  parameters.extend(
    Object.fromEntries(
      INSTANTS.flatMap((name) => {
        const schema: z.ZodType | undefined = parameters.shape[name];
        if (schema === undefined) return [];
        const written = z.union([z.iso.datetime({ offset: true }), z.iso.date(), z.string().regex(AGO)]);
        const described = written.meta({
          description: [...(schema.description === undefined ? [] : [schema.description]), FORMS].join('. '),
        });
        return [[name, schema._zod.optin === 'optional' ? described.optional() : described]];
      }),
    ),
  );
const FORMS = 'An instant, a date (its midnight in UTC), or `-24h`: so long ago';
