import { boundedCache } from '../schedule/bounded-cache.ts';
import { type Parameter, readExpression } from './expression.ts';
import { ParameterRefused } from './refused.ts';

/** A text, parsed into plain text and parameters. A `${…}` in a value that is filled in is not a parameter. */
export type Template = { readonly segments: readonly (string | Parameter)[]; readonly isStatic: boolean };
type Reading = { readonly template: Template; readonly refusals: readonly ParameterRefused[] };

const OPEN = '${';
/** After this many refusals, no more are looked for. */
export const MOST_REFUSALS = 20;
const KEPT_TEMPLATES = 5_000;
const KEPT_TEXT_LENGTH = 2_000;

const readFrom = (text: string): Reading => {
  const segments: (string | Parameter)[] = [];
  const refusals: ParameterRefused[] = [];
  let literal = '';
  let from = 0;
  for (let open = text.indexOf(OPEN); open !== -1 && refusals.length < MOST_REFUSALS; open = text.indexOf(OPEN, from)) {
    if (open > from && text[open - 1] === '$') {
      literal += text.slice(from, open - 1) + OPEN;
      from = open + OPEN.length;
      continue;
    }
    literal += text.slice(from, open);
    const close = text.indexOf('}', open);
    const nested = text.indexOf(OPEN, open + OPEN.length);
    if (close === -1 || (nested !== -1 && nested < close)) {
      // Nothing says where this parameter ends, so the rest of the text is not read.
      refusals.push(new ParameterRefused(OPEN, 'no } closes it; a literal ${ is written $${'));
      break;
    }
    from = close + 1;
    try {
      const parameter = readExpression(text.slice(open + OPEN.length, close));
      if (literal !== '') segments.push(literal);
      literal = '';
      segments.push(parameter);
    } catch (error) {
      if (!(error instanceof ParameterRefused)) throw error;
      refusals.push(error);
    }
  }
  literal += text.slice(from);
  if (literal !== '') segments.push(literal);
  return { template: { segments, isStatic: segments.every((segment) => typeof segment === 'string') }, refusals };
};

const keptReading = boundedCache(KEPT_TEMPLATES, readFrom);

/** Parses a text, and says which of its parameters are refused. `$${` is a literal `${`. */
export const readTemplate = (text: string): Reading => {
  if (!text.includes(OPEN)) return { template: { segments: [text], isStatic: true }, refusals: [] };
  return text.length <= KEPT_TEXT_LENGTH ? keptReading(text) : readFrom(text);
};

/** Parses a text. @throws ParameterRefused for the first parameter that cannot be read */
export const parseTemplate = (text: string): Template => {
  const { template, refusals } = readTemplate(text);
  const [first] = refusals;
  if (first !== undefined) throw first;
  return template;
};
