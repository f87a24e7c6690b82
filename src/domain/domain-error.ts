import type { DomainErrorCode } from './codes/problem-codes.ts';

export type FieldError = {
  /** JSON pointer to the field, '' for the whole body. */
  readonly pointer: string;
  readonly message: string;
};

/** A rejected request. `code` is stable and for programs; only problem-details.ts maps it to an HTTP status. */
export class DomainError extends Error {
  override readonly name: string = 'Rejection';
  readonly code: DomainErrorCode;
  readonly errors: readonly FieldError[];
  constructor(code: DomainErrorCode, message: string, errors: readonly FieldError[] = []) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

export const rejectField = (code: DomainErrorCode, pointer: string, message: string): DomainError =>
  new DomainError(code, message, [{ pointer, message }]);

/** A rejection names this many errors, and counts the others. */
export const MAX_ERRORS = 20;
const MAX_KEY = 200;

/** Rejects several fields and names the first 20: a request can contain any number of errors. */
export const rejectFields = (code: DomainErrorCode, errors: readonly FieldError[]): DomainError => {
  const named = errors.slice(0, MAX_ERRORS);
  const lines = named.map(({ pointer, message }) => `${pointer || 'body'}: ${message}`);
  const more = errors.length - named.length;
  return new DomainError(code, [...lines, ...(more === 0 ? [] : [`and ${more} more`])].join('; '), named);
};

/** RFC 6901; an overlong key is truncated. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${pointerToken(String(key).slice(0, MAX_KEY))}`).join('');

/** Escapes a key for a JSON pointer (RFC 6901). */
export const pointerToken = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Maps the field pointers of a rejection to the fields that the caller sent. */
export const withPointers = async <T>(
  checked: Promise<T>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<T> => {
  try {
    return await checked;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const errors = error.errors.map(({ pointer, message }) => ({
      pointer: pointer.startsWith(from) ? to + pointer.slice(from.length) : pointer,
      message,
    }));
    throw new DomainError(error.code, error.message, errors);
  }
};
