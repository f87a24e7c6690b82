import { MASK } from '../redaction/mask.ts';
import { isInstantMs, type JsonValue, toInstant } from '../values.ts';
import { ParameterRejected, unknownName } from './rejected.ts';
import { type Parameter, parseTemplate, type Template } from './template.ts';
import { renderFormat, shifted, type ZonedTime, zonedTime } from './time.ts';

type Lookup = { get(name: string): string | undefined };

export type ParameterContext = {
  /** The instant of `T` in the whole task: when the slot was due, or a manual run was requested. */
  readonly atMs: number;
  /** IANA zone of the job. */
  readonly timezone: string;
  readonly variables: Lookup;
  /** Values in clear text. */
  readonly secrets: Lookup;
};

/** A parameter and its filled-in value, masked if it is a secret. `at` is the instant of `T`. */
export type ResolvedParameter = { readonly expression: string; readonly value: string; readonly at: string };

/** The limit for all values filled into one task together: a short parameter may have a long value. */
const MAX_FILLED_CHARACTERS = 4_000_000;

export type FilledParameters = {
  readonly resolved: Map<string, ResolvedParameter>;
  readonly secrets: Set<string>;
  characters: number;
};
export const nothingFilled = (): FilledParameters => ({ resolved: new Map(), secrets: new Set(), characters: 0 });

const fillingOf = (parameter: Parameter, context: ParameterContext): string => {
  switch (parameter.kind) {
    case 'time':
      return renderFormat(parameter.format, timeOf(parameter, context));
    case 'variable': {
      const value = context.variables.get(parameter.name);
      if (value !== undefined) return value;
      throw unknownName(parameter);
    }
    case 'secret': {
      const value = context.secrets.get(parameter.name);
      if (value !== undefined) return value;
      throw unknownName(parameter);
    }
  }
};

/** @throws ParameterRejected for a time outside the years 1 to 9999, in UTC or on the zone's clock */
const timeOf = (
  { expression, shift }: Extract<Parameter, { kind: 'time' }>,
  { atMs, timezone }: ParameterContext,
): ZonedTime => {
  const epochMs = shift === undefined ? atMs : shifted(atMs, shift, timezone);
  const time = epochMs === undefined ? undefined : zonedTime(timezone, epochMs);
  if (time !== undefined && isInstantMs(time.wall.getTime())) return time;
  throw new ParameterRejected(expression, 'the time is outside the years 1 to 9999');
};

/** Fills in a template and adds the values used to `filled`. @throws ParameterRejected if a value cannot be filled in */
export const fillTemplate = (template: Template, context: ParameterContext, filled: FilledParameters): string => {
  let text = '';
  for (const segment of template.segments) {
    if (typeof segment === 'string') {
      text += segment;
      continue;
    }
    const value = fillingOf(segment, context);
    text += value;
    filled.characters += value.length;
    if (filled.characters > MAX_FILLED_CHARACTERS) {
      throw new ParameterRejected(
        segment.expression,
        `the inserted values have more than ${MAX_FILLED_CHARACTERS} characters`,
      );
    }
    const isSecret = segment.kind === 'secret';
    if (isSecret) filled.secrets.add(value);
    if (!filled.resolved.has(segment.expression)) {
      const shown = isSecret ? MASK : value;
      filled.resolved.set(segment.expression, {
        expression: segment.expression,
        value: shown,
        at: toInstant(context.atMs),
      });
    }
  }
  return text;
};

/** Fills in a text, or every string of a JSON value except keys. @throws ParameterRejected */
export const fillValue = (value: JsonValue, context: ParameterContext, filled: FilledParameters): JsonValue => {
  if (typeof value === 'string') {
    return value.includes('${') ? fillTemplate(parseTemplate(value), context, filled) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillValue(item, context, filled));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(item, context, filled)]));
};

/**
 * Fills in every parameter of a template, all for the same instant. `secretsUsed` contains the secrets in clear, so that
 * they can be redacted from records.
 * @throws ParameterRejected if the application lacks a variable or secret
 */
export const resolveTemplate = (
  template: Template,
  context: ParameterContext,
): { text: string; resolved: ResolvedParameter[]; secretsUsed: string[] } => {
  const filled = nothingFilled();
  const text = fillTemplate(template, context, filled);
  return { text, resolved: [...filled.resolved.values()], secretsUsed: [...filled.secrets] };
};
