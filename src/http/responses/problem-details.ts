import { z } from 'zod';
import type { DomainErrorCode, ProblemCode } from '../../domain/codes/problem-codes.ts';
import { isRecord } from '../../domain/defined.ts';
import type { FieldError } from '../../domain/domain-error.ts';

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'A stable code for programs' }),
    instance: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'The rejected fields, as JSON pointers' }),
  })
  .meta({ id: 'Problem', description: 'Problem details, RFC 9457' });
export type Problem = Omit<z.infer<typeof ProblemSchema>, 'code'> & { readonly code: ProblemCode };

type Kind = readonly [status: number, title: string];

/** The HTTP status and title of each code, defined only here. An error with another code is an internal error. */
const KINDS: Readonly<Record<DomainErrorCode, Kind>> = {
  BAD_REQUEST: [400, 'Malformed request'],
  BAD_PATH: [400, 'Malformed path'],
  BAD_ID: [400, 'Malformed id'],
  BAD_INPUT: [400, 'Malformed input'],
  BAD_JSON: [400, 'Malformed JSON'],
  BAD_CURSOR: [400, 'Malformed cursor'],
  BAD_IF_MATCH: [400, 'Malformed If-Match'],
  BAD_IDEMPOTENCY_KEY: [400, 'Malformed Idempotency-Key'],
  NOT_AUTHENTICATED: [401, 'Authentication required'],
  TOKEN_REJECTED: [401, 'Token rejected'],
  SIGN_IN_REJECTED: [401, 'Sign-in rejected'],
  FORBIDDEN: [403, 'Not permitted'],
  CROSS_ORIGIN: [403, 'Cross-origin change rejected'],
  ROUTE_NOT_FOUND: [404, 'Resource not found'],
  JOB_NOT_FOUND: [404, 'Job not found'],
  APPLICATION_NOT_FOUND: [404, 'Application not found'],
  TENANT_NOT_FOUND: [404, 'Tenant not found'],
  TLS_NOT_FOUND: [404, 'TLS settings not found'],
  VARIABLE_NOT_FOUND: [404, 'Variable not found'],
  SECRET_NOT_FOUND: [404, 'Secret not found'],
  PAUSE_NOT_FOUND: [404, 'Pause not found'],
  OPERATION_NOT_FOUND: [404, 'Operation not found'],
  TOKEN_NOT_FOUND: [404, 'Token not found'],
  ACKNOWLEDGEMENT_NOT_FOUND: [404, 'Acknowledgement not found'],
  VIEW_NOT_FOUND: [404, 'View not found'],
  LIMIT_NOT_FOUND: [404, 'Limit not found'],
  ALERT_RULE_NOT_FOUND: [404, 'Alert rule not found'],
  CALENDAR_NOT_FOUND: [404, 'Calendar not found'],
  EXECUTION_NOT_FOUND: [404, 'Execution not found'],
  BACKFILL_NOT_FOUND: [404, 'Backfill not found'],
  PROJECTION_NOT_FOUND: [404, 'Projection not found'],
  VERSION_NOT_FOUND: [404, 'Version not found'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
  TENANT_ERASED: [409, 'Tenant erased'],
  OWN_TENANT: [409, 'Own tenant'],
  NAME_TAKEN: [409, 'Name taken'],
  DELETIONS_REJECTED: [409, 'Deletions rejected'],
  JOB_DELETED: [409, 'Job is deleted'],
  LIMIT_IN_USE: [409, 'Limit in use'],
  CALENDAR_IN_USE: [409, 'Calendar in use'],
  APPLICATION_IN_USE: [409, 'Application in use'],
  REBUILD_IN_PROGRESS: [409, 'Rebuild in progress'],
  REQUEST_IN_PROGRESS: [409, 'Request in progress'],
  CONTENTION: [409, 'Concurrent changes'],
  STREAM_PARKED: [409, 'Parked'],
  COMPLETION_TOKEN_REJECTED: [401, 'Completion token rejected'],
  EXPIRED: [410, 'Expired'],
  OVERLAP: [409, 'Execution overlaps another'],
  PAUSED: [409, 'Job is paused'],
  EXECUTION_ENDED: [409, 'Execution has ended'],
  BACKFILL_ENDED: [409, 'Backfill has ended'],
  OPERATION_ENDED: [409, 'Operation has ended'],
  TOO_MANY_BACKFILLS: [409, 'Too many backfills'],
  STALE_REVISION: [412, 'Changed after it was read'],
  SECRET_KEY_UNKNOWN: [409, 'Secrets cannot be opened'],
  SECRET_DATA_KEY_BROKEN: [409, 'Secrets cannot be opened'],
  NO_AUDIT_KEY: [409, 'No signing key'],
  BODY_TOO_LARGE: [413, 'Body too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Unsupported media type'],
  EXPECTATION_FAILED: [417, 'Unsupported expectation'],
  HEADERS_TOO_LARGE: [431, 'Headers too large'],
  NOT_CONFIRMED: [422, 'Not confirmed'],
  UNKNOWN_APPLICATION: [422, 'Unknown application'],
  UNKNOWN_JOB: [422, 'Unknown job'],
  SIGNING_KEY_MISSING: [422, 'Signing key missing'],
  SECRET_UNUSABLE: [422, 'Unusable secret'],
  EMAIL_NOT_ALLOWED: [422, 'Email not allowed'],
  TOO_MANY_ALERT_RULES: [422, 'Too many alert rules'],
  TOO_MANY_CALENDARS: [422, 'Too many calendars'],
  TOO_MANY_PAUSES: [422, 'Too many pauses'],
  UNKNOWN_CALENDAR: [422, 'Unknown calendar'],
  UNKNOWN_LIMIT: [422, 'Unknown limit'],
  EMPTY_FILTER: [422, 'Empty filter'],
  UNTIL_IN_PAST: [422, 'Ends in the past'],
  BAD_PATTERN: [422, 'Bad pattern'],
  BAD_SCHEDULE: [422, 'Bad schedule'],
  UNKNOWN_TIMEZONE: [422, 'Unknown time zone'],
  BAD_RANGE: [422, 'Bad range'],
  BAD_COMBINATION: [422, 'Conflicting fields'],
  BAD_PARAMETER: [422, 'Bad parameter'],
  HEADER_REJECTED: [422, 'Header rejected'],
  TIMEOUT_TOO_LONG: [422, 'Timeout too long'],
  TARGET_BLOCKED: [422, 'Target blocked'],
  JOB_STAYS: [422, 'A job cannot move to another application'],
  BODY_NOT_STORED: [422, 'No stored body'],
  SECRET_ORIGIN_NOT_ALLOWED: [422, 'Secret not allowed for this target'],
  SECRET_NOT_REUSABLE: [422, 'No reusable secret'],
  APPLICATION_FULL: [422, 'Too many variables, secrets or limits'],
  BOOTSTRAP_REJECTED: [422, 'Bad bootstrap files'],
  QUERY_TOO_SLOW: [422, 'Query too slow'],
  IDEMPOTENCY_KEY_REUSED: [422, 'Idempotency-Key reused'],
  METHOD_NOT_IMPLEMENTED: [501, 'Method not implemented'],
  STARTING: [503, 'The service is starting or stopping'],
  READ_MODELS_BEHIND: [503, 'Read models are behind'],
  READ_MODEL_STOPPED: [500, 'A read model has stopped'],
  TOO_MANY_JOBS: [422, 'Too many jobs'],
  TOO_MANY_REQUESTS: [429, 'Too many requests'],
  TOO_MANY_TRIGGERS: [429, 'Too many triggers'],
  TOO_MANY_TEST_CALLS: [429, 'Too many test calls'],
  LIMIT_REACHED: [429, 'Limit reached'],
  TOO_MANY_BYTES: [429, 'Too many bytes'],
  TOO_MANY_STREAMS: [429, 'Too many streams'],
  TOO_MANY_POLLS: [429, 'Too many waiting requests'],
  KEYS_UNAVAILABLE: [503, 'Tokens cannot be verified'],
  SIGN_IN_UNAVAILABLE: [503, 'The identity provider is unavailable'],
  LOG_UNAVAILABLE: [503, 'The log is unavailable'],
  POSTGRES_UNAVAILABLE: [503, 'Postgres is unavailable'],
};
const INTERNAL: Kind = [500, 'Internal error'];

export const statusOf = (code: ProblemCode): number => (code === 'INTERNAL' ? INTERNAL : KINDS[code])[0];

const isRejectionCode = (code: string): code is DomainErrorCode => Object.hasOwn(KINDS, code);

/**
 * Converts an error to problem details for the caller. For an internal error, they state only where to find it.
 * @param at path of the request, and the id under which the error is logged
 */
export const toProblem = (error: unknown, at: { instance: string; correlationId: string }): Problem => {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return internalProblem(at);
  const [status, title] = KINDS[code];
  const errors = fieldErrorsOf(error);
  return {
    type: typeOf(code),
    title,
    status,
    detail: error.message,
    code,
    instance: at.instance,
    ...(errors.length === 0 ? {} : { errors }),
  };
};

const internalProblem = ({ instance, correlationId }: { instance: string; correlationId: string }): Problem => ({
  type: typeOf('INTERNAL'),
  title: INTERNAL[1],
  status: INTERNAL[0],
  detail: `An internal error occurred. Search the service's log for ${correlationId}.`,
  code: 'INTERNAL',
  instance,
});

const typeOf = (code: ProblemCode): string => `urn:carillon:problem:${code.toLowerCase().replaceAll('_', '-')}`;

const codeOf = (error: unknown): DomainErrorCode | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && isRejectionCode(error.code)) return error.code;
  // Express and its libraries mark unreadable requests by a status.
  const status = 'status' in error ? error.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return error instanceof URIError ? 'BAD_PATH' : 'BAD_REQUEST';
};

const fieldErrorsOf = (error: Error): FieldError[] => {
  if (!('errors' in error) || !Array.isArray(error.errors)) return [];
  const errors: readonly unknown[] = error.errors;
  return errors.filter(isFieldError).map(({ pointer, message }) => ({ pointer, message }));
};

const isFieldError = (value: unknown): value is FieldError =>
  isRecord(value) && typeof value.pointer === 'string' && typeof value.message === 'string';
