import { DomainError, type FieldError, pointerOf, rejectFields } from '../../domain/domain-error.ts';
import { checkJsonSize, DEEPEST, parseExactly, RoundedInteger, roundedMessage } from '../../domain/json.ts';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** The bytes of a body, and how to read them. */
export type BodyText = {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  /** How many values the JSON may hold, lists and objects included. */
  readonly mostValues: number;
};

/**
 * Parses a body as JSON; undefined where there is no body.
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BAD_JSON, BAD_INPUT
 */
export const parseJsonBody = ({ bytes, contentType, mostValues }: BodyText): unknown => {
  if (bytes.length === 0) return undefined;
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json, in UTF-8');
  }
  checkJsonSize(bytes, mostValues);
  const value = parse(bytes);
  const errors = unfitParts(value);
  if (errors.length > 0) throw rejectFields('BAD_INPUT', errors);
  return value;
};

const parse = (bytes: Buffer): unknown => {
  try {
    return parseExactly(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new DomainError('BAD_JSON', 'the body is not JSON in UTF-8', [{ pointer: '', message: 'is not JSON' }]);
  }
};

const MAX_ERRORS = 20;
/** Zod drops this key silently, so it is rejected; except within the body of a task, which is kept as it is. */
const LOST_KEY = '__proto__';
const isOfTaskBody = (path: readonly unknown[]): boolean =>
  path.some((key, at) => key === 'taskConfig' && path[at + 1] === 'body' && at + 2 < path.length);

/** Finds values that no input may hold anywhere, because databases cannot store them or JSON would round them. Returns at most 20 errors. */
export const unfitParts = (value: unknown): FieldError[] => {
  const errors: FieldError[] = [];
  const path: (string | number)[] = [];
  const complain = (message: string): void => {
    errors.push({ pointer: pointerOf(path).toWellFormed().replaceAll('\0', '\u2400'), message });
  };
  const look = (at: unknown): void => {
    const message = unfit(at, path.length);
    if (message !== undefined) complain(message);
    else if (Array.isArray(at)) for (const [index, item] of at.entries()) below(index, item);
    else if (typeof at === 'object' && at !== null) for (const [key, item] of Object.entries(at)) below(key, item);
  };
  const below = (key: string | number, item: unknown): void => {
    if (errors.length >= MAX_ERRORS) return;
    path.push(key);
    const isLost = key === LOST_KEY && !isOfTaskBody(path);
    const message = isLost ? 'is a reserved name' : unfit(key, path.length - 1);
    if (message === undefined) look(item);
    else complain(message);
    path.pop();
  };
  look(value);
  return errors;
};

const unfit = (value: unknown, depth: number): string | undefined => {
  if (depth > DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is too large a number';
  if (value instanceof RoundedInteger) return roundedMessage(value);
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'contains NUL';
  return value.isWellFormed() ? undefined : 'contains half of a surrogate pair';
};
