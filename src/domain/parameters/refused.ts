import type { RefusalCode } from '../codes/problem-codes.ts';

/** A dynamic parameter that can't be read, or names what the application doesn't have. */
export class ParameterRefused extends Error {
  override readonly name = 'ParameterRefused';
  readonly code = 'BAD_PARAMETER' satisfies RefusalCode;
  /** As it was written, `${` and `}` included. */
  readonly expression: string;
  constructor(expression: string, why: string) {
    super(`${expression}: ${why}`);
    this.expression = expression;
  }
}

/** The application has no such variable or secret. */
export const unknownName = (named: {
  kind: 'variable' | 'secret';
  expression: string;
  name: string;
}): ParameterRefused => new ParameterRefused(named.expression, `the application has no ${named.kind} ${named.name}`);
