import type { ProblemCode } from './schema.ts';

/** A rejected request (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Can be a code of a later version, or `UNKNOWN` if the response is not Carillon's. */
  readonly code: ProblemCode | 'UNKNOWN' | (string & {});
  /** Error of each invalid field by JSON pointer. */
  readonly fields: ReadonlyMap<string, string>;
  /** When to retry, if the service states it. */
  readonly retryAfterSeconds: number | undefined;
  /** The response body: the problem, or whatever an intermediary sent instead. */
  readonly body: unknown;

  constructor(status: number, body: unknown, retryAfter?: string | null) {
    const { code, detail, title, errors } = problemOf(body);
    super(detail ?? title ?? `The server responded with status ${status}.`);
    this.status = status;
    this.code = code ?? 'UNKNOWN';
    this.fields = new Map(errors);
    this.retryAfterSeconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
    this.body = body;
  }
}

/** The service did not respond. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor(cause: unknown) {
    super("Can't reach Carillon.", { cause });
  }
}

type ProblemBody = {
  readonly code: string | undefined;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly errors: readonly (readonly [string, string])[];
};

const problemOf = (body: unknown): ProblemBody => {
  const errors = fieldOf(body, 'errors');
  return {
    code: textOf(body, 'code'),
    title: textOf(body, 'title'),
    detail: textOf(body, 'detail'),
    errors: (Array.isArray(errors) ? errors : []).flatMap((each: unknown) => {
      const [pointer, message] = [textOf(each, 'pointer'), textOf(each, 'message') ?? textOf(each, 'detail')];
      return pointer === undefined || message === undefined ? [] : [[pointer, message] as const];
    }),
  };
};

const fieldOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;

const textOf = (body: unknown, name: string): string | undefined => {
  const value = fieldOf(body, name);
  return typeof value === 'string' ? value : undefined;
};
