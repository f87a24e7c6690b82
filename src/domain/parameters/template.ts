import { boundedCache } from '../bounded-cache.ts';
import { ParameterRejected } from './rejected.ts';
import { type FormatPiece, readFormat, type Shift, UNITS, type Unit } from './time.ts';

/** One `${…}`, parsed. */
export type Parameter =
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
export type Template = { readonly segments: readonly (string | Parameter)[]; readonly isStatic: boolean };
type ParsedTemplate = { readonly template: Template; readonly rejections: readonly ParameterRejected[] };

const OPEN = '${';
/** Maximum rejections to collect. */
export const MAX_REFUSALS = 20;
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
export const readTemplate = (text: string): ParsedTemplate => {
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
