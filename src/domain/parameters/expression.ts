import { type FormatPiece, readFormat } from './format.ts';
import { ParameterRefused } from './refused.ts';
import { type Shift, UNITS, type Unit } from './shift.ts';

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
  if (amount > MAX_SHIFT) throw new ParameterRefused(expression, `the shift is over ${MAX_SHIFT}`);
  if (unit !== '' && !isUnit(unit)) {
    throw new ParameterRefused(expression, `${unit} is no unit of time; these are: ${UNITS.join(', ')} (none means d)`);
  }
  return { amount: sign === '-' ? -amount : amount, unit: unit === '' ? 'd' : unit };
};

/**
 * Reads the text between `${` and `}`.
 * @throws ParameterRefused if it is not a parameter
 */
export const readExpression = (inner: string): Parameter => {
  if (inner.length > MAX_CHARACTERS) {
    throw new ParameterRefused('${…}', `a parameter has at most ${MAX_CHARACTERS} characters`);
  }
  const expression = `\${${inner}}`;
  const time = TIME.exec(inner);
  if (time !== null) {
    const [, sign, digits, unit = '', format] = time;
    if (format === undefined) {
      throw new ParameterRefused(expression, `T needs a format, as in \${${inner}:YYYY-MM-DD}`);
    }
    const shift =
      sign === undefined || digits === undefined ? undefined : readShift(expression, { sign, digits, unit });
    return { kind: 'time', expression, shift, format: readFormat(format, expression) };
  }
  const secret = SECRET.exec(inner)?.[1];
  if (secret !== undefined) {
    if (NAME.test(secret)) return { kind: 'secret', expression, name: secret };
    throw new ParameterRefused(expression, 'a secret is named by letters, digits and _, not beginning with a digit');
  }
  if (NAME.test(inner)) return { kind: 'variable', expression, name: inner };
  throw new ParameterRefused(
    expression,
    'neither a time (${T:FORMAT}, ${T-1:FORMAT}, ${T+2h:FORMAT}) nor a variable (${NAME}) nor a secret (${secret:NAME})',
  );
};
