import type { ReceivedResponse } from './transport.ts';

/** The warnings of a response (`Carillon-Warning`): quoted texts with percent-encoded non-ASCII characters. */
export const warningsOf = ({ headers }: ReceivedResponse): readonly string[] =>
  [...(headers.get('carillon-warning') ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1').replace(/(?:%[\dA-F]{2})+/gi, (escapes) => decodeURIComponent(escapes)),
  );
