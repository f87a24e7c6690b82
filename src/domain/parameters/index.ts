import { boundedCache } from '../bounded-cache.ts';
import { pointerOf } from '../domain-error.ts';
import { MASK } from '../redaction/mask.ts';
import { isInstantMs, isSealed, type JsonValue, toInstant } from '../values.ts';
import { ParameterRejected, unknownName } from './rejected.ts';
import {
  type FormatPiece,
  readFormat,
  renderFormat,
  type Shift,
  shifted,
  UNITS,
  type Unit,
  type ZonedTime,
  zonedTime,
} from './time.ts';

/** The variables and secrets of an application, by name. */
export type KnownNames = {
  readonly variables: ReadonlySet<string>;
  /** Each with the origins that can receive it; `undefined` if every allowed target can. */
  readonly secrets: ReadonlyMap<string, readonly string[] | undefined>;
};
export const NO_NAMES: KnownNames = { variables: new Set(), secrets: new Map() };
export type TemplateError = { readonly pointer: string; readonly rejection: ParameterRejected };

const isUnknown = (parameter: Exclude<Parameter, { kind: 'time' }>, known: KnownNames): boolean => {
  switch (parameter.kind) {
    case 'variable':
      return !known.variables.has(parameter.name);
    case 'secret':
      return !known.secrets.has(parameter.name);
  }
};

/** Yields each text in a value. Updates `path` to the place of the text, for the pointer of an error. */
function* textsOf(value: unknown, path: string[]): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value !== 'object' || value === null || isSealed(value)) return;
  else {
    for (const [key, item] of Object.entries(value)) {
      path.push(key);
      yield* textsOf(item, path);
      path.pop();
    }
  }
}

/** Returns whether a text in a value satisfies `test`. Runs for each call, and a generator takes three times as long. */
const someText = (value: unknown, test: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return test(value);
  if (typeof value !== 'object' || value === null || isSealed(value)) return false;
  return Object.values(value).some((item) => someText(item, test));
};

/** Returns whether a value uses a variable or secret of the application. Only texts with a parameter are parsed. */
export const namesValue = (value: unknown): boolean =>
  someText(
    value,
    (text) =>
      text.includes('${') &&
      readTemplate(text).template.segments.some((part) => typeof part !== 'string' && part.kind !== 'time'),
  );

const SECRET_MARK = '${secret:';

/** The names of the secrets that the texts of a value use. */
export const secretsIn = (value: unknown): readonly string[] =>
  someText(value, (text) => text.includes(SECRET_MARK))
    ? [...textsOf(value, [])].flatMap((text) =>
        readTemplate(text).template.segments.flatMap((part) =>
          typeof part !== 'string' && part.kind === 'secret' ? [part.name] : [],
        ),
      )
    : [];

/** A text without parameters, with `$${` unescaped to `${`; `undefined` if it has a parameter. */
export const staticText = (text: string): string | undefined => {
  const { template, rejections } = readTemplate(text);
  return template.isStatic && rejections.length === 0 ? template.segments.join('') : undefined;
};

type PlacedValue = { readonly path: readonly string[]; readonly value: unknown };

/**
 * Finds errors in the parameters of values: up to 20, each with a JSON pointer. Names are checked only if `known` is given.
 * Sealed values can't be read and are not checked.
 */
export const templateErrors = (values: readonly PlacedValue[], known: KnownNames | undefined): TemplateError[] => {
  const rejections: TemplateError[] = [];
  for (const { path: start, value } of values) {
    const path = [...start];
    for (const text of textsOf(value, path)) {
      if (rejections.length >= MAX_REFUSALS) break;
      const reading = readTemplate(text);
      for (const rejection of reading.rejections) rejections.push({ pointer: pointerOf(path), rejection });
      if (known === undefined) continue;
      for (const segment of reading.template.segments) {
        if (rejections.length >= MAX_REFUSALS) break;
        if (typeof segment === 'string' || segment.kind === 'time') continue;
        if (isUnknown(segment, known)) rejections.push({ pointer: pointerOf(path), rejection: unknownName(segment) });
      }
    }
  }
  return rejections;
};

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

type FilledParameters = {
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
const fillTemplate = (template: Template, context: ParameterContext, filled: FilledParameters): string => {
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

/** One `${…}`, parsed. */
type Parameter =
  | {
      readonly kind: 'time';
      readonly expression: string;
      readonly shift: Shift | undefined;
      readonly format: readonly FormatPiece[];
    }
  | { readonly kind: 'variable'; readonly expression: string; readonly name: string }
  | { readonly kind: 'secret'; readonly expression: string; readonly name: string };

const MAX_SHIFT = 100_000;
const MAX_CHARACTERS = 200;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TIME = /^T(?:([+-])(\d+)([a-zA-Z]*))?(?::([\s\S]*))?$/;
const SECRET = /^secret:([\s\S]*)$/;
const isUnit = (text: string): text is Unit => UNITS.some((unit) => unit === text);

const readShift = (expression: string, part: { sign: string; digits: string; unit: string }): Shift => {
  const { sign, digits, unit } = part;
  const amount = Number(digits);
  if (amount > MAX_SHIFT) throw new ParameterRejected(expression, `the offset is more than ${MAX_SHIFT}`);
  if (unit !== '' && !isUnit(unit)) {
    throw new ParameterRejected(expression, `${unit} is not a unit of time; use ${UNITS.join(', ')} (default d)`);
  }
  return { amount: sign === '-' ? -amount : amount, unit: unit === '' ? 'd' : unit };
};

/**
 * Reads the text between `${` and `}`.
 * @throws ParameterRejected if it is not a parameter
 */
const readExpression = (inner: string): Parameter => {
  if (inner.length > MAX_CHARACTERS) {
    throw new ParameterRejected('${…}', `a parameter has at most ${MAX_CHARACTERS} characters`);
  }
  const expression = `\${${inner}}`;
  const time = TIME.exec(inner);
  if (time !== null) {
    const [, sign, digits, unit = '', format] = time;
    if (format === undefined) {
      throw new ParameterRejected(expression, `T needs a format, as in \${${inner}:YYYY-MM-DD}`);
    }
    const shift =
      sign === undefined || digits === undefined ? undefined : readShift(expression, { sign, digits, unit });
    return { kind: 'time', expression, shift, format: readFormat(format, expression) };
  }
  const secret = SECRET.exec(inner)?.[1];
  if (secret !== undefined) {
    if (NAME.test(secret)) return { kind: 'secret', expression, name: secret };
    throw new ParameterRejected(
      expression,
      'the name of a secret has only letters, digits and _, and does not begin with a digit',
    );
  }
  if (NAME.test(inner)) return { kind: 'variable', expression, name: inner };
  throw new ParameterRejected(
    expression,
    'not a time (${T:FORMAT}, ${T-1:FORMAT}, ${T+2h:FORMAT}), a variable (${NAME}) or a secret (${secret:NAME})',
  );
};

/** A text, parsed into plain text and parameters. A `${…}` in a value that is filled in is not a parameter. */
type Template = { readonly segments: readonly (string | Parameter)[]; readonly isStatic: boolean };
type ParsedTemplate = { readonly template: Template; readonly rejections: readonly ParameterRejected[] };

const OPEN = '${';
/** Maximum rejections to collect. */
const MAX_REFUSALS = 20;
const KEPT_TEMPLATES = 5_000;
const KEPT_TEXT_LENGTH = 2_000;

const readFrom = (text: string): ParsedTemplate => {
  const segments: (string | Parameter)[] = [];
  const rejections: ParameterRejected[] = [];
  let literal = '';
  let from = 0;
  for (
    let open = text.indexOf(OPEN);
    open !== -1 && rejections.length < MAX_REFUSALS;
    open = text.indexOf(OPEN, from)
  ) {
    if (open > from && text[open - 1] === '$') {
      literal += text.slice(from, open - 1) + OPEN;
      from = open + OPEN.length;
      continue;
    }
    literal += text.slice(from, open);
    const close = text.indexOf('}', open);
    const nested = text.indexOf(OPEN, open + OPEN.length);
    if (close === -1 || (nested !== -1 && nested < close)) {
      // The end of this parameter is unknown, so the rest of the text is not read.
      rejections.push(new ParameterRejected(OPEN, 'the closing } is missing; write a literal ${ as $${'));
      break;
    }
    from = close + 1;
    try {
      const parameter = readExpression(text.slice(open + OPEN.length, close));
      if (literal !== '') segments.push(literal);
      literal = '';
      segments.push(parameter);
    } catch (error) {
      if (!(error instanceof ParameterRejected)) throw error;
      rejections.push(error);
    }
  }
  literal += text.slice(from);
  if (literal !== '') segments.push(literal);
  return { template: { segments, isStatic: segments.every((segment) => typeof segment === 'string') }, rejections };
};

const keptReading = boundedCache(KEPT_TEMPLATES, readFrom);

/** Parses a text and collects its rejected parameters. `$${` is a literal `${`. */
const readTemplate = (text: string): ParsedTemplate => {
  if (!text.includes(OPEN)) return { template: { segments: [text], isStatic: true }, rejections: [] };
  return text.length <= KEPT_TEXT_LENGTH ? keptReading(text) : readFrom(text);
};

/** Parses a text. @throws ParameterRejected for the first parameter that cannot be read */
export const parseTemplate = (text: string): Template => {
  const { template, rejections } = readTemplate(text);
  const [first] = rejections;
  if (first !== undefined) throw first;
  return template;
};

export { ParameterRejected } from './rejected.ts';
