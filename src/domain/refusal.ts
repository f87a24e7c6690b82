export type FieldError = {
  /** JSON pointer to the field, '' for the whole body. */
  readonly pointer: string;
  readonly message: string;
};

/**
 * What the caller asked for can't be done, and saying so is the whole answer. `code` is stable and for programs;
 * which HTTP status it becomes is known to problem-details.ts alone.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: string;
  readonly errors: readonly FieldError[];
  constructor(code: string, message: string, errors: readonly FieldError[] = []) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

/** A refusal of one field. */
export const refuseField = (code: string, pointer: string, message: string): Refusal =>
  new Refusal(code, message, [{ pointer, message }]);
