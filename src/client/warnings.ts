import { decodeEscapes } from '../runtime/text.ts';
import type { ReceivedAnswer } from './transport.ts';

/** The warnings of an answer (`Carillon-Warning`): quoted texts, in which percent-encoded is what is not ASCII. */
export const warningsOf = ({ headers }: ReceivedAnswer): readonly string[] =>
  [...(headers.get('carillon-warning') ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    decodeEscapes(text.replace(/\\(.)/g, '$1')),
  );
