import type { RefusalCode } from '../codes/problem-codes.ts';

/** Why a parameter is refused: it cannot be read, or the application lacks the variable or secret that it names. */
export class ParameterRefused extends Error {
  override readonly name = 'ParameterRefused';
  readonly code = 'BAD_PARAMETER' satisfies RefusalCode;
  /** The parameter as it was written, with `${` and `}`. */
  readonly expression: string;
  constructor(expression: string, why: string) {
    super(`${expression}: ${why}`);
    this.expression = expression;
  }
}

/** Refuses a parameter because the application lacks the variable or secret that it names. */
export const unknownName = (named: {
  kind: 'variable' | 'secret';
  expression: string;
  name: string;
}): ParameterRefused => new ParameterRefused(named.expression, `the application has no ${named.kind} ${named.name}`);
