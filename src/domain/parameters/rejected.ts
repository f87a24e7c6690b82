import type { DomainErrorCode } from '../codes/problem-codes.ts';

/** Why a parameter is rejected: it cannot be read, or the application lacks the variable or secret that it names. */
export class ParameterRejected extends Error {
  override readonly name = 'ParameterRejected';
  readonly code = 'BAD_PARAMETER' satisfies DomainErrorCode;
  /** The parameter as it was written, with `${` and `}`. */
  readonly expression: string;
  constructor(expression: string, why: string) {
    super(`${expression}: ${why}`);
    this.expression = expression;
  }
}

/** Rejects a parameter because the application lacks the variable or secret that it names. */
export const unknownName = (named: {
  kind: 'variable' | 'secret';
  expression: string;
  name: string;
}): ParameterRejected => new ParameterRejected(named.expression, `the application has no ${named.kind} ${named.name}`);
