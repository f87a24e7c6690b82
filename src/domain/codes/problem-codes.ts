import type { CodeText } from './code-text.ts';

/** Every code of a rejected request, as docs/reference/codes.md explains it. problem-details.ts gives each its HTTP status. */
export const PROBLEM_CODES = {
  BAD_REQUEST: {
    meaning: 'The request is not well-formed HTTP, or its body ended early.',
    remedy: 'Send a complete HTTP/1.1 request, with one `Host` header.',
  },
  BAD_PATH: {
    meaning: 'The path is not percent-encoded UTF-8.',
    remedy: 'Encode each part of the path (`encodeURIComponent`).',
  },
  BAD_ID: {
    meaning: 'The id in the path is not a positive whole number, or a name in the path is too long.',
    remedy: 'Use the id that the resource was created with.',
  },
  BAD_INPUT: {
    meaning: 'A field of the body, the query or a header is missing, unknown or of the wrong form.',
    remedy: 'Correct the fields that `errors` names.',
  },
  BAD_JSON: { meaning: 'The body is not JSON in UTF-8.', remedy: 'Send valid JSON.' },
  BAD_CURSOR: {
    meaning: 'The `cursor` of a list was not given out by this server.',
    remedy: 'Follow `Link: rel="next"`, or begin again without a cursor.',
  },
  BAD_IF_MATCH: {
    meaning: '`If-Match` is neither `*` nor a list of entity tags in quotes.',
    remedy: 'Send the `ETag` as it was received, quotes included.',
  },
  BAD_IDEMPOTENCY_KEY: {
    meaning: '`Idempotency-Key` is empty, too long, or has other characters than visible ASCII.',
    remedy: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
  },
  NOT_AUTHENTICATED: {
    meaning: 'The request carries no credential.',
    remedy: 'Send `Authorization: Bearer <token>` or the session cookie.',
  },
  TOKEN_REJECTED: {
    meaning:
      'The token is malformed, expired, revoked, wrongly signed or for another audience, or there is more than one.',
    remedy: 'Read `detail`, then get a new token.',
  },
  SIGN_IN_REJECTED: {
    meaning: 'The identity provider rejected the sign-in, or its answer belongs to a sign-in of another browser.',
    remedy: 'Read `detail`, then sign in again.',
  },
  FORBIDDEN: {
    meaning: 'The token is valid, but lacks a permission.',
    remedy: 'Ask for a token with the permission that `detail` names.',
  },
  CROSS_ORIGIN: {
    meaning: 'A change with the session cookie came from a page of another origin.',
    remedy: 'Call from a page of the same origin, or use a bearer token.',
  },
  ROUTE_NOT_FOUND: { meaning: 'Nothing is served under this path.', remedy: 'Check the path and its prefix.' },
  JOB_NOT_FOUND: {
    meaning: 'The tenant has no such job, or it was deleted.',
    remedy: 'Check the id and the tenant.',
  },
  APPLICATION_NOT_FOUND: {
    meaning: 'The tenant has no such application.',
    remedy: 'Check the id and the tenant.',
  },
  TENANT_NOT_FOUND: {
    meaning: 'The installation has nothing of such a tenant.',
    remedy: 'List the tenants.',
  },
  TENANT_ERASED: {
    meaning: 'The tenant was erased, or is being erased: nothing of it can be seen, created or changed, for good.',
    remedy: 'Use a tenant of another name.',
  },
  NOT_CONFIRMED: {
    meaning: 'A tenant is to be erased, and `confirm` does not repeat its name.',
    remedy: 'Repeat the name of the tenant in `confirm`, if it is the right one.',
  },
  OWN_TENANT: {
    meaning: 'A request would erase the tenant that it is made for.',
    remedy: 'Have an administrator of another tenant erase it.',
  },
  TLS_NOT_FOUND: {
    meaning: 'The application has no TLS settings of this name.',
    remedy: "List the application's TLS settings.",
  },
  VARIABLE_NOT_FOUND: { meaning: 'The application has no such variable.', remedy: "List the application's variables." },
  SECRET_NOT_FOUND: { meaning: 'The application has no such secret.', remedy: "List the application's secrets." },
  PAUSE_NOT_FOUND: {
    meaning: 'There is no such pause, or it is of another tenant.',
    remedy: 'List those in force with `GET /_/scheduler/pauses`.',
  },
  OPERATION_NOT_FOUND: {
    meaning: 'There is no such operation, or it is of another tenant.',
    remedy: 'List them with `GET /_/scheduler/operations`.',
  },
  TOKEN_NOT_FOUND: {
    meaning: 'There is no such API token, or it is of another tenant.',
    remedy: 'List them with `GET /_/scheduler/tokens`.',
  },
  LIMIT_NOT_FOUND: { meaning: 'The application has no such limit.', remedy: "List the application's limits." },
  CALENDAR_NOT_FOUND: {
    meaning: 'The tenant has no such calendar.',
    remedy: 'List them with `GET /_/scheduler/calendars`.',
  },
  ALERT_RULE_NOT_FOUND: {
    meaning: 'The tenant has no such alert rule.',
    remedy: 'List them with `GET /_/scheduler/alert-rules`.',
  },
  EXECUTION_NOT_FOUND: { meaning: 'The tenant has no such execution.', remedy: 'Check the id and the tenant.' },
  EXPIRED: {
    meaning:
      'What is asked for, or a part of it, is older than executions are kept; `detail` says how far back they go.',
    remedy: 'Ask for something newer. An export of the audit still proves that it was there.',
  },
  BACKFILL_NOT_FOUND: { meaning: 'The job has no such backfill.', remedy: "List the job's backfills." },
  PROJECTION_NOT_FOUND: {
    meaning: 'There is no read model of this name.',
    remedy: 'List them with `GET /_/scheduler/projections`.',
  },
  VERSION_NOT_FOUND: {
    meaning: 'The job, or another thing with a history, has no such version.',
    remedy: 'List its versions: `GET` of its path, followed by `/history`.',
  },
  REBUILD_IN_PROGRESS: {
    meaning: 'The read model is being rebuilt or verified already.',
    remedy: 'Wait until it is done: `GET /_/scheduler/projections` shows how far it is.',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'The path exists, but not for this method.',
    remedy: 'Use a method that the `Allow` header names.',
  },
  METHOD_NOT_IMPLEMENTED: {
    meaning: 'No path has this method.',
    remedy: 'Use a method that the API names.',
  },
  REQUEST_TIMEOUT: {
    meaning: 'The request did not arrive in time.',
    remedy: 'Send it again, over a faster connection.',
  },
  NAME_TAKEN: {
    meaning: 'Another living job or application has this name, or is being created with it.',
    remedy: 'Choose another name. After a request that broke off, try again after 10 seconds.',
  },
  JOB_DELETED: {
    meaning: 'The job is deleted for good: no version of it can be put back.',
    remedy: 'Create a job with the fields of that version.',
  },
  LIMIT_IN_USE: {
    meaning: 'Jobs name the limit that is to be deleted.',
    remedy: 'Change the jobs that `detail` names, then delete it.',
  },
  CALENDAR_IN_USE: {
    meaning: 'Jobs name the calendar that is to be deleted.',
    remedy: 'Change the jobs that `detail` names, then delete it.',
  },
  APPLICATION_IN_USE: {
    meaning: 'The application that is to be deleted has jobs, or executions that have not ended.',
    remedy: 'Delete the jobs that `detail` names, await or cancel the executions, then delete it.',
  },
  REQUEST_IN_PROGRESS: {
    meaning: 'A request with this `Idempotency-Key` is still under way.',
    remedy: 'Send the same request again after some seconds.',
  },
  CONTENTION: {
    meaning: 'Others kept changing the same thing, so the change could not be recorded.',
    remedy: 'Send it again.',
  },
  STREAM_PARKED: {
    meaning:
      'This release cannot read an event of the job, its application or its name, so nothing may be changed there.',
    remedy:
      'Start a release that can read it: [how-to/read-models.md](../how-to/read-models.md#events-that-cant-be-read).',
  },
  COMPLETION_TOKEN_REJECTED: {
    meaning: 'The completion token belongs to no attempt of the execution.',
    remedy: 'Send the `Carillon-Completion-Token` of the call as `Authorization: Bearer <token>`.',
  },
  EXECUTION_ENDED: {
    meaning: 'The execution or this attempt of it has ended, so it cannot be cancelled, completed or reported on.',
    remedy: 'Get it, to see how it ended.',
  },
  BACKFILL_ENDED: {
    meaning: 'Every slot of the backfill was called, so there is nothing left to cancel.',
    remedy: 'Cancel its executions that are open, one by one.',
  },
  OPERATION_ENDED: {
    meaning: 'The operation completed or failed before it was cancelled.',
    remedy: 'None. Get it, to see how it ended.',
  },
  TOO_MANY_BACKFILLS: {
    meaning: 'The job has as many unfinished backfills as it may have.',
    remedy: 'Wait until one has called its slots, or cancel one.',
  },
  OVERLAP: {
    meaning: 'Another execution of the job is open, and the rule `overlap` of the job lets no second one begin.',
    remedy:
      'Wait for its end or cancel it, then trigger the job again; or trigger it with `overlap`: `allow`, `queue` or `replace`. `force` does not help: it overrides pauses only.',
  },
  PAUSED: {
    meaning: 'The job is paused: by its application, target or tenant, or with all of the installation.',
    remedy:
      '`GET /pauses` lists the pauses. Lift it, wait for its end, or send `{"force": true}`; where all of the installation is paused, as an administrator.',
  },
  STALE_REVISION: {
    meaning: 'The job or alert rule was changed since the revision in `If-Match`.',
    remedy: 'Get it again, then repeat the change with the new `ETag`.',
  },
  SECRET_RING_KEY_UNKNOWN: {
    meaning: "`SECRET_KEYS` lacks the key that opens the application's secrets.",
    remedy: 'The operator adds that key to `SECRET_KEYS`: [how-to/secrets.md](../how-to/secrets.md).',
  },
  SECRET_DATA_KEY_BROKEN: {
    meaning: "The key of that id in `SECRET_KEYS` does not open the application's secrets.",
    remedy: 'The operator restores the right bytes of that key: [how-to/secrets.md](../how-to/secrets.md).',
  },
  NO_AUDIT_KEY: {
    meaning: 'The server has no key that exports and proofs are signed with.',
    remedy: 'The operator sets `AUDIT_KEY`: [how-to/audit.md](../how-to/audit.md#keys).',
  },
  BODY_TOO_LARGE: {
    meaning:
      'The body is larger, or holds more values, than the limits in [reference/api/requests.md](api/requests.md#what-is-rejected).',
    remedy: 'Send less, or in several requests.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The body is not `application/json` in UTF-8, or is encoded by something else than gzip, deflate or br.',
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  EXPECTATION_FAILED: {
    meaning: 'The `Expect` header asks for something else than `100-continue`.',
    remedy: 'Leave the header out.',
  },
  HEADERS_TOO_LARGE: {
    meaning: 'The request line and headers are larger than 16 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  UNKNOWN_APPLICATION: {
    meaning: 'The job, pause or alert rule names an application that the tenant does not have.',
    remedy: 'Create the application first, or correct its id.',
  },
  UNKNOWN_JOB: {
    meaning: 'The pause or alert rule names a job that the tenant does not have.',
    remedy: 'Correct `of`, or create the job first.',
  },
  SIGNING_KEY_MISSING: {
    meaning: 'The application that is to sign the notifications of an alert rule has no signing key.',
    remedy: 'Set a secret of it with `"signing": true`: [how-to/alerts.md](../how-to/alerts.md#webhooks).',
  },
  SECRET_UNUSABLE: {
    meaning:
      'A receiver of an alert rule names a secret that its application does not have, that signs, that is no URL where it has to be one, or that can not be opened.',
    remedy: 'Set the secret, or name another one: [how-to/alerts.md](../how-to/alerts.md#slack-teams-and-pagerduty).',
  },
  EMAIL_NOT_ALLOWED: {
    meaning: 'The operator has not set up e-mail, or not allowed it to this domain.',
    remedy: 'Have the operator set `SMTP_URL` and add the domain to `ALERT_EMAIL_DOMAINS`.',
  },
  TOO_MANY_ALERT_RULES: {
    meaning: 'The tenant has as many alert rules as it may have.',
    remedy: 'Delete some, or let one rule watch several jobs.',
  },
  TOO_MANY_CALENDARS: {
    meaning: 'The tenant has as many calendars as it may have.',
    remedy: 'Delete some, or let several jobs name one.',
  },
  TOO_MANY_PAUSES: {
    meaning: 'The tenant has as many pauses in force as it may have.',
    remedy: 'Lift some, or pause the whole tenant.',
  },
  UNKNOWN_CALENDAR: {
    meaning: 'The job names a calendar that the tenant does not have.',
    remedy: 'Set the calendar first, or correct the names that `errors` points to.',
  },
  UNKNOWN_LIMIT: {
    meaning: 'The job names a limit that its application does not have.',
    remedy: 'Set the limit first, or correct `limit`.',
  },
  EMPTY_FILTER: {
    meaning: 'The filter of a bulk names no field, so it would take everything.',
    remedy: 'Name what is to match, or send `{"all": true}` for everything.',
  },
  UNTIL_IN_PAST: { meaning: '`until` or `expiresAt` is not in the future.', remedy: 'Give a later instant, or none.' },
  BAD_PATTERN: {
    meaning: 'The cron pattern cannot be understood or never matches.',
    remedy: 'Correct the cron field that `detail` names.',
  },
  UNKNOWN_TIMEZONE: {
    meaning: 'The time zone is not known here.',
    remedy: 'Use an IANA name such as `Europe/Berlin`.',
  },
  BAD_SCHEDULE: {
    meaning:
      'A job has both `pattern` and `schedule`, or neither; or the interval cannot be read; or the instant has passed.',
    remedy: 'Correct the fields that `errors` names.',
  },
  BAD_SPAN: {
    meaning:
      '`endAt` is not after `startAt`, or they exclude the instant of `schedule`. Of a backfill: `to` is not after `from`, one of them is in the future, or there are more than 10,000 slots between them.',
    remedy: 'Correct one of the fields that `errors` names.',
  },
  BAD_COMBINATION: {
    meaning: 'Fields of the job contradict each other, or one has no effect without another.',
    remedy: 'Correct the fields that `errors` names; in a change, `null` clears one.',
  },
  BAD_PARAMETER: {
    meaning: 'A `${…}` cannot be read, or names a variable or secret that the application does not have.',
    remedy: 'Correct it or create the name; `$${…}` stands for the text itself.',
  },
  HEADER_REJECTED: {
    meaning: 'The task sets a header that the URL decides, such as `Host`.',
    remedy: 'Remove the header.',
  },
  TIMEOUT_TOO_LONG: {
    meaning: '`taskConfig.timeout` is longer than the operator allows.',
    remedy: 'Choose a shorter one, or have the operator raise `MAX_TIMEOUT`.',
  },
  TARGET_BLOCKED: {
    meaning: 'The target is private, internal, or otherwise not allowed.',
    remedy:
      '`detail` names the line of `ALLOWED_TARGETS` or `TARGET_PORTS` with which an operator allows it, where one can.',
  },
  JOB_STAYS: {
    meaning: 'The change would move a job to another application.',
    remedy: 'Create another job there, then delete this one.',
  },
  BODY_KEEP_REJECTED: {
    meaning: 'The body is `{"omitted": true}`, but no stored body can be kept in its place.',
    remedy: 'Give the body itself.',
  },
  SECRET_ORIGIN_NOT_ALLOWED: {
    meaning: 'The task or alert rule would send a secret to an origin that is not among its `allowedOrigins`.',
    remedy: "Change the target, or add its origin to the secret's `allowedOrigins`.",
  },
  SECRET_KEEP_REJECTED: {
    meaning:
      'A value is `{"sealed": true}`, but no stored secret can be kept in its place, or the target\'s origin changed.',
    remedy: 'Give the value itself.',
  },
  APPLICATION_FULL: {
    meaning: 'The application has as many variables, secrets or limits as it may have, or they take too much room.',
    remedy: 'Delete some, or use a second application.',
  },
  BOOTSTRAP_REJECTED: {
    meaning: 'Something is wrong in the bootstrap files; nothing of them was applied.',
    remedy: 'Correct what `errors` names by file, job and field: [how-to/bootstrap.md](../how-to/bootstrap.md).',
  },
  DELETIONS_REJECTED: {
    meaning:
      'Applying the bootstrap files would delete more jobs than `allowDelete` says; nothing of them was applied.',
    remedy:
      'Look whether these jobs are to go; then say how many by `allowDelete`: [how-to/bootstrap.md](../how-to/bootstrap.md).',
  },
  QUERY_TOO_SLOW: { meaning: 'The lookup took longer than 10 seconds.', remedy: 'Narrow the filter.' },
  IDEMPOTENCY_KEY_REUSED: {
    meaning: 'This `Idempotency-Key` was used for a different request.',
    remedy: 'Choose a new key for each request.',
  },
  STARTING: { meaning: 'The process is starting.', remedy: 'Try again after `Retry-After`.' },
  READ_MODELS_BEHIND: {
    meaning: 'The read models have not caught up with the log.',
    remedy: 'Try again; if it lasts, check that a process with the role `projections` runs.',
  },
  READ_MODEL_STOPPED: {
    meaning: 'A read model that the answer needs has stopped, so waiting does not help. The message says why.',
    remedy:
      'Remove the cause, and restart the process with the role `projections`. `carillon projections list` shows the reason, too.',
  },
  TOO_MANY_JOBS: {
    meaning: 'The tenant has as many jobs as it may have.',
    remedy: 'Delete some, or have the operator raise `TENANT_JOBS`.',
  },
  TOO_MANY_REQUESTS: {
    meaning: 'The user or API token has sent as many requests as it may in a minute.',
    remedy: 'Try again after `Retry-After`; `RateLimit` says how many are left.',
  },
  TOO_MANY_TRIGGERS: {
    meaning: 'The tenant has used its manual triggers of this minute.',
    remedy: 'Try again after `Retry-After`.',
  },
  TOO_MANY_TEST_CALLS: {
    meaning:
      'The tenant has as many test calls under way in this process as it may have, or the alert rule was tested within the last minute.',
    remedy: 'Wait until one has ended, or as long as `Retry-After` says.',
  },
  LIMIT_REACHED: {
    meaning: 'The limit that the definition names leaves no room for a test call.',
    remedy: 'Try again when fewer calls are under way, or test it without its `limit`.',
  },
  TOO_MANY_BYTES: {
    meaning: 'The tenant has sent its bytes of this minute.',
    remedy: 'Try again after `Retry-After`.',
  },
  TOO_MANY_STREAMS: {
    meaning: 'The caller, the tenant or the process has as many streams of events open as it may have.',
    remedy: 'Close one first.',
  },
  KEYS_UNAVAILABLE: {
    meaning: 'The keys that check tokens could not be fetched from `JWT_JWKS_URL`.',
    remedy: 'Try again after `Retry-After`; the operator checks that the identity provider can be reached.',
  },
  SIGN_IN_UNAVAILABLE: {
    meaning: 'The identity provider does not answer, or does not accept this service as its client.',
    remedy: 'Try again; where it lasts, an operator looks at what `detail` names.',
  },
  LOG_UNAVAILABLE: {
    meaning: 'The event log did not answer. A change may have been made all the same.',
    remedy: 'Repeat it under the same `Idempotency-Key` after `Retry-After`.',
  },
  POSTGRES_UNAVAILABLE: {
    meaning: 'Postgres did not answer, so lists and views cannot be read.',
    remedy: 'Try again after `Retry-After`.',
  },
  INTERNAL: {
    meaning: 'A fault of the service.',
    remedy: "Look in the service's log under the correlation id that `detail` names.",
  },
} as const satisfies Record<string, CodeText>;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** What code may reject with: a fault of the service itself is no rejection. */
export type DomainErrorCode = Exclude<ProblemCode, 'INTERNAL'>;
