/** A JSON number that no double represents exactly, such as an id of 20 digits. Keeps its digits. */
export class ExactNumber {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
  toJSON(): unknown {
    return rawJson(this.digits);
  }
}

/** Only long digits or exponents can lose precision: other texts are parsed at full speed. */
const MAY_LOSE = /\d[\d.]{15,}|\d[eE]/;

/** Parses JSON with exact numbers, if the browser provides their source text. */
export const parseJson = (text: string): unknown =>
  MAY_LOSE.test(text)
    ? JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
        typeof value === 'number' ? exact(value, context?.source) : value,
      )
    : JSON.parse(text);

const exact = (value: number, source: string | undefined): number | ExactNumber =>
  source === undefined || isSame(value, source) ? value : new ExactNumber(source);

/** Returns whether a double equals its text: the same significant digits at the same power of ten. */
const isSame = (value: number, source: string): boolean => {
  // Keeps a long integer that a double would print with an exponent.
  if (/e/.test(String(value)) && !/e/i.test(source)) return false;
  const [shown, written] = [normal(String(value)), normal(source)];
  return shown.digits === written.digits && (shown.digits === '' || shown.exponent === written.exponent);
};

const normal = (text: string): { readonly digits: string; readonly exponent: number } => {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  const digits = all.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return {
    digits: significant === '' ? '' : `${sign}${significant}`,
    exponent: Number(power) - fraction.length + (digits.length - significant.length),
  };
};

export const printJson = (value: unknown, indent = 2): string => JSON.stringify(value, undefined, indent) ?? '';

const rawJson = (digits: string): unknown => {
  const raw: unknown = Reflect.get(JSON, 'rawJSON');
  return typeof raw === 'function' ? raw(digits) : Number(digits);
};
