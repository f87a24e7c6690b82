import type { CodeText } from './code-text.ts';

/** Codes of rejected requests, as in docs/reference/codes.md. problem-details.ts maps each to its HTTP status. */
export const PROBLEM_CODES = {
  BAD_REQUEST: {
    meaning: "The request isn't valid HTTP, or its body ended early.",
    remedy: 'Send a complete HTTP/1.1 request with one `Host` header.',
  },
  BAD_PATH: {
    meaning: "The path isn't percent-encoded UTF-8.",
    remedy: 'Encode each part of the path (`encodeURIComponent`).',
  },
  BAD_ID: {
    meaning: "The id in the path isn't a positive whole number, or a name in the path is too long.",
    remedy: 'Use the id that the API returned when the resource was created.',
  },
  BAD_INPUT: {
    meaning: 'A field of the body, the query or a header is missing, unknown or malformed.',
    remedy: 'Correct the fields listed in `errors`.',
  },
  BAD_JSON: { meaning: "The body isn't JSON in UTF-8.", remedy: 'Send valid JSON.' },
  BAD_CURSOR: {
    meaning: "This server didn't issue the `cursor`.",
    remedy: 'Follow `Link: rel="next"`, or start without a cursor.',
  },
  BAD_IF_MATCH: {
    meaning: '`If-Match` is neither `*` nor a list of quoted entity tags.',
    remedy: 'Send the `ETag` as you received it, including the quotes.',
  },
  BAD_IDEMPOTENCY_KEY: {
    meaning: '`Idempotency-Key` is empty, too long, or contains characters other than visible ASCII.',
    remedy: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
  },
  NOT_AUTHENTICATED: {
    meaning: 'The request has no credentials.',
    remedy: 'Send `Authorization: Bearer <token>` or the session cookie.',
  },
  TOKEN_REJECTED: {
    meaning:
      'The token is malformed, expired, revoked, for another audience, or its signature is wrong; or the request has several tokens.',
    remedy: 'Read `detail`, then get a new token.',
  },
  SIGN_IN_REJECTED: {
    meaning: 'The identity provider rejected the sign-in, or its response belongs to a sign-in in another browser.',
    remedy: 'Read `detail`, then sign in again.',
  },
  FORBIDDEN: {
    meaning: 'The token is valid but lacks a permission.',
    remedy: 'Request a token with the permission that `detail` names.',
  },
  CROSS_ORIGIN: {
    meaning: 'A page of another origin sent a change with the session cookie.',
    remedy: 'Send the request from a page of the same origin, or use a bearer token.',
  },
  ROUTE_NOT_FOUND: { meaning: 'Nothing is served at this path.', remedy: 'Check the path and its prefix.' },
  JOB_NOT_FOUND: {
    meaning: 'The tenant has no such job, or the job was deleted.',
    remedy: 'Check the id and the tenant.',
  },
  APPLICATION_NOT_FOUND: { meaning: 'The tenant has no such application.', remedy: 'Check the id and the tenant.' },
  TENANT_NOT_FOUND: { meaning: 'The installation has no data of this tenant.', remedy: 'List the tenants.' },
  TENANT_ERASED: {
    meaning: "The tenant was erased, or is being erased. Its data can't be read, created or changed, permanently.",
    remedy: 'Use a tenant with another name.',
  },
  NOT_CONFIRMED: {
    meaning: "Erasing a tenant must be confirmed, and `confirm` doesn't repeat the tenant's name.",
    remedy: "If it's the right tenant, repeat its name in `confirm`.",
  },
  OWN_TENANT: {
    meaning: "A request can't erase the tenant it is made for.",
    remedy: 'Ask an administrator of another tenant.',
  },
  TLS_NOT_FOUND: {
    meaning: 'The application has no TLS settings with this name.',
    remedy: "List the application's TLS settings.",
  },
  VARIABLE_NOT_FOUND: { meaning: 'The application has no such variable.', remedy: "List the application's variables." },
  SECRET_NOT_FOUND: { meaning: 'The application has no such secret.', remedy: "List the application's secrets." },
  PAUSE_NOT_FOUND: {
    meaning: 'There is no such pause, or it belongs to another tenant.',
    remedy: 'List the active pauses: `GET /_/scheduler/pauses`.',
  },
  OPERATION_NOT_FOUND: {
    meaning: 'There is no such operation, or it belongs to another tenant.',
    remedy: 'List the operations: `GET /_/scheduler/operations`.',
  },
  TOKEN_NOT_FOUND: {
    meaning: 'There is no such API token, or it belongs to another tenant.',
    remedy: 'List the tokens: `GET /_/scheduler/tokens`.',
  },
  ACKNOWLEDGEMENT_NOT_FOUND: {
    meaning: 'No one has acknowledged the job, or the acknowledgement was ended.',
    remedy: 'List the jobs that need attention: `GET /_/scheduler/attention`.',
  },
  VIEW_NOT_FOUND: {
    meaning: 'The tenant has no saved view with this name.',
    remedy: 'List the saved views: `GET /_/scheduler/views`.',
  },
  LIMIT_NOT_FOUND: { meaning: 'The application has no such limit.', remedy: "List the application's limits." },
  CALENDAR_NOT_FOUND: {
    meaning: 'The tenant has no such calendar.',
    remedy: 'List the calendars: `GET /_/scheduler/calendars`.',
  },
  ALERT_RULE_NOT_FOUND: {
    meaning: 'The tenant has no such alert rule.',
    remedy: 'List the rules: `GET /_/scheduler/alert-rules`.',
  },
  EXECUTION_NOT_FOUND: { meaning: 'The tenant has no such execution.', remedy: 'Check the id and the tenant.' },
  EXPIRED: {
    meaning: 'The requested data is partly or fully past retention. `detail` shows how far back data goes.',
    remedy: 'Request newer data. An audit export still proves it existed.',
  },
  BACKFILL_NOT_FOUND: { meaning: 'The job has no such backfill.', remedy: "List the job's backfills." },
  PROJECTION_NOT_FOUND: {
    meaning: 'There is no read model with this name.',
    remedy: 'List the read models: `GET /_/scheduler/projections`.',
  },
  VERSION_NOT_FOUND: {
    meaning: 'The job, or another resource with a history, has no such version.',
    remedy: 'List its versions: `GET` its path, followed by `/history`.',
  },
  REBUILD_IN_PROGRESS: {
    meaning: 'The read model is already being rebuilt or verified.',
    remedy: 'Wait until that is done. `GET /_/scheduler/projections` shows the progress.',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use a method that the `Allow` header lists.',
  },
  METHOD_NOT_IMPLEMENTED: { meaning: 'No path has this method.', remedy: 'Use a method that the API documents.' },
  REQUEST_TIMEOUT: { meaning: "The request didn't arrive in time.", remedy: 'Send it again over a faster connection.' },
  NAME_TAKEN: {
    meaning: 'Another job or application has this name or is being created with it.',
    remedy: 'Choose another name. After an interrupted request, retry after 10 seconds.',
  },
  JOB_DELETED: {
    meaning: 'The job is permanently deleted. None of its versions can be restored.',
    remedy: 'Create a job with the fields of that version.',
  },
  LIMIT_IN_USE: {
    meaning: "Jobs use the limit, so it can't be deleted.",
    remedy: 'Change the jobs that `detail` names, then delete the limit.',
  },
  CALENDAR_IN_USE: {
    meaning: "Jobs use the calendar, so it can't be deleted.",
    remedy: 'Change the jobs that `detail` names, then delete the calendar.',
  },
  APPLICATION_IN_USE: {
    meaning: "The application has jobs or unfinished executions, so it can't be deleted.",
    remedy: 'Delete the jobs that `detail` names, wait for the executions or cancel them, then delete the application.',
  },
  REQUEST_IN_PROGRESS: {
    meaning: 'Another request with this `Idempotency-Key` is still in progress.',
    remedy: 'Send the same request again after some seconds.',
  },
  CONTENTION: {
    meaning: "The change couldn't be saved because others kept changing the same resource.",
    remedy: 'Send it again.',
  },
  STREAM_PARKED: {
    meaning: "This version can't read an event of the job, its application, or its name, so changes are blocked.",
    remedy:
      'Start a version that can read it: [how-to/read-models.md](../how-to/read-models.md#events-that-cant-be-read).',
  },
  COMPLETION_TOKEN_REJECTED: {
    meaning: 'The completion token belongs to no attempt of the execution.',
    remedy: 'Send the `Carillon-Completion-Token` of the call as `Authorization: Bearer <token>`.',
  },
  EXECUTION_ENDED: {
    meaning: "The execution, or this attempt, has ended. It can't be cancelled, completed or reported on.",
    remedy: 'Get the execution to see its outcome.',
  },
  BACKFILL_ENDED: {
    meaning: 'All slots of the backfill were called, so nothing is left to cancel.',
    remedy: 'Cancel its open executions one by one.',
  },
  OPERATION_ENDED: {
    meaning: 'The operation completed or failed before it was cancelled.',
    remedy: 'None. Get the operation to see its outcome.',
  },
  TOO_MANY_BACKFILLS: {
    meaning: 'The job has reached its limit of unfinished backfills.',
    remedy: 'Wait until one has called its slots, or cancel one.',
  },
  OVERLAP: {
    meaning: "Another execution of the job is open, and the job's overlap policy doesn't allow a second one.",
    remedy:
      "Wait for its end or cancel it, then trigger the job again. Or trigger it with `overlap`: `queue` or `replace`, or with `allow` unless 100 executions are open. `force` doesn't help: it overrides only pauses.",
  },
  PAUSED: {
    meaning: 'The job, its application, its target, its tenant or the whole installation is paused.',
    remedy:
      '`GET /pauses` lists the pauses. End the pause, wait for its end, or send `{"force": true}`. If the whole installation is paused, only an administrator can force a run.',
  },
  STALE_REVISION: {
    meaning: 'The job or alert rule changed after the revision in `If-Match`.',
    remedy: 'Fetch it and repeat the change with the new `ETag`.',
  },
  SECRET_KEY_UNKNOWN: {
    meaning: "`SECRET_KEYS` lacks the key that opens the application's secrets.",
    remedy: 'The operator adds that key to `SECRET_KEYS`: [how-to/secrets.md](../how-to/secrets.md).',
  },
  SECRET_DATA_KEY_BROKEN: {
    meaning: "The key with that id in `SECRET_KEYS` doesn't open the application's secrets.",
    remedy: 'The operator restores the right bytes of that key: [how-to/secrets.md](../how-to/secrets.md).',
  },
  NO_AUDIT_KEY: {
    meaning: 'The server has no key to sign exports and proofs.',
    remedy: 'The operator sets `AUDIT_KEY`: [how-to/audit.md](../how-to/audit.md#keys).',
  },
  BODY_TOO_LARGE: {
    meaning: 'The body is larger, or has more values, than [the limits](api/requests.md#what-is-rejected) allow.',
    remedy: 'Send less, or send several requests.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: "The body isn't `application/json` in UTF-8, or its encoding isn't gzip, deflate or br.",
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  EXPECTATION_FAILED: {
    meaning: 'The `Expect` header has a value other than `100-continue`.',
    remedy: 'Omit the header.',
  },
  HEADERS_TOO_LARGE: {
    meaning: 'The request line and the headers are larger than 16 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  UNKNOWN_APPLICATION: {
    meaning: "The job, pause or alert rule refers to an application that the tenant doesn't have.",
    remedy: 'Create the application first, or correct the id.',
  },
  UNKNOWN_JOB: {
    meaning: "The pause or alert rule refers to a job that the tenant doesn't have.",
    remedy: 'Correct `of`, or create the job first.',
  },
  SIGNING_KEY_MISSING: {
    meaning: 'The application that should sign the notifications of an alert rule has no signing key.',
    remedy: 'Set one of its secrets with `"signing": true`: [how-to/alerts.md](../how-to/alerts.md#webhooks).',
  },
  SECRET_UNUSABLE: {
    meaning:
      "A receiver of an alert rule names a secret that doesn't exist, is a signing key, can't be opened, or isn't a URL although the receiver needs one.",
    remedy: 'Set the secret, or name another one: [how-to/alerts.md](../how-to/alerts.md#slack-teams-and-pagerduty).',
  },
  EMAIL_NOT_ALLOWED: {
    meaning: "The operator hasn't set up email, or hasn't allowed this domain.",
    remedy: 'Ask the operator to set `SMTP_URL` and add the domain to `ALERT_EMAIL_DOMAINS`.',
  },
  TOO_MANY_ALERT_RULES: {
    meaning: 'The tenant has reached its limit of alert rules.',
    remedy: 'Delete some, or let one rule watch several jobs.',
  },
  TOO_MANY_CALENDARS: {
    meaning: 'The tenant has reached its limit of calendars.',
    remedy: 'Delete some, or let several jobs use one.',
  },
  TOO_MANY_PAUSES: {
    meaning: 'The tenant has reached its limit of active pauses.',
    remedy: 'End some, or pause the whole tenant.',
  },
  UNKNOWN_CALENDAR: {
    meaning: "The job uses a calendar that the tenant doesn't have.",
    remedy: 'Create the calendar first, or correct the names that `errors` points to.',
  },
  UNKNOWN_LIMIT: {
    meaning: "The job uses a limit that its application doesn't have.",
    remedy: 'Create the limit first, or correct `limit`.',
  },
  EMPTY_FILTER: {
    meaning: 'The bulk filter has no conditions and would match everything.',
    remedy: 'Add a condition, or send `{"all": true}`.',
  },
  UNTIL_IN_PAST: { meaning: "`until` or `expiresAt` isn't in the future.", remedy: 'Send a later instant, or none.' },
  BAD_PATTERN: {
    meaning: 'The cron pattern is invalid or never matches.',
    remedy: 'Correct the cron field that `detail` names.',
  },
  UNKNOWN_TIMEZONE: {
    meaning: "The server doesn't know the time zone.",
    remedy: 'Use an IANA name such as `Europe/Berlin`.',
  },
  BAD_SCHEDULE: {
    meaning:
      'A job has both `pattern` and `schedule`; or its interval is invalid; or its instant has passed. Backfill: the job has no schedule.',
    remedy: 'Correct the fields listed in `errors`. Without a schedule, trigger the job.',
  },
  BAD_RANGE: {
    meaning:
      "Job: `endAt` isn't after `startAt`, or they exclude the instant of `schedule`. Backfill: `to` isn't after `from`, one of them is in the future, or more than 10,000 slots lie between them.",
    remedy: 'Correct one of the fields listed in `errors`.',
  },
  BAD_COMBINATION: {
    meaning: 'Fields of the job contradict each other, or one has no effect without another.',
    remedy: 'Correct the fields listed in `errors`. In an update, `null` clears a field.',
  },
  BAD_PARAMETER: {
    meaning: "A `${…}` is malformed, or names a variable or secret that the application doesn't have.",
    remedy: 'Correct it, or create the variable or secret. To send the text itself, write `$${…}`.',
  },
  HEADER_REJECTED: {
    meaning: 'The task sets a header that follows from the URL, such as `Host`.',
    remedy: 'Remove the header.',
  },
  TIMEOUT_TOO_LONG: {
    meaning: '`taskConfig.timeout` is longer than the operator allows.',
    remedy: 'Choose a shorter timeout, or ask the operator to raise `MAX_TIMEOUT`.',
  },
  TARGET_BLOCKED: {
    meaning: 'The target is private, internal, or otherwise not allowed.',
    remedy:
      'If an operator can allow the target, `detail` shows the entry to add to `ALLOWED_TARGETS` or `TARGET_PORTS`. An administrator adds one for `ALLOWED_TARGETS` with `carillon targets add`, without a restart.',
  },
  JOB_STAYS: { meaning: "A job can't move to another application.", remedy: 'Create it there, then delete this one.' },
  BODY_NOT_STORED: {
    meaning: 'The body is `{"omitted": true}`, but no stored body can replace it.',
    remedy: 'Send the body itself.',
  },
  SECRET_ORIGIN_NOT_ALLOWED: {
    meaning: "The task or alert rule would send a secret to an origin that isn't in the secret's `allowedOrigins`.",
    remedy: "Change the target, or add its origin to the secret's `allowedOrigins`.",
  },
  SECRET_NOT_REUSABLE: {
    meaning: 'A value is `{"sealed": true}`, but no stored secret can replace it, or the target\'s origin changed.',
    remedy: 'Send the value itself.',
  },
  APPLICATION_FULL: {
    meaning: 'The application has reached its limit of variables, secrets or limits, or their total size.',
    remedy: 'Delete some, or use a second application.',
  },
  BOOTSTRAP_REJECTED: {
    meaning: 'The bootstrap files have errors, so nothing was applied.',
    remedy: 'Correct the files, jobs and fields listed in `errors`: [how-to/bootstrap.md](../how-to/bootstrap.md).',
  },
  DELETIONS_REJECTED: {
    meaning: 'The bootstrap files would delete more jobs than `allowDelete` allows, so nothing was applied.',
    remedy:
      'Check that these jobs should be deleted, then raise `allowDelete`: [how-to/bootstrap.md](../how-to/bootstrap.md).',
  },
  QUERY_TOO_SLOW: { meaning: 'The query took longer than 10 seconds.', remedy: 'Narrow the filter.' },
  IDEMPOTENCY_KEY_REUSED: {
    meaning: 'This `Idempotency-Key` was used for a different request.',
    remedy: 'Choose a new key for each request.',
  },
  STARTING: { meaning: 'The process is starting or stopping.', remedy: 'Retry after `Retry-After`.' },
  READ_MODELS_BEHIND: {
    meaning: "The read models haven't caught up with the log.",
    remedy: 'Retry. If it persists, check that a process with the role `projections` is running.',
  },
  READ_MODEL_STOPPED: {
    meaning:
      "A read model that the response needs has stopped, so waiting doesn't help. The message states the reason.",
    remedy:
      'Remove the cause, then restart the process with the role `projections`. `carillon projections list` also shows the reason.',
  },
  TOO_MANY_JOBS: {
    meaning: 'The tenant has reached its limit of jobs.',
    remedy: 'Delete some, or ask the operator to raise `TENANT_JOBS`.',
  },
  TOO_MANY_REQUESTS: {
    meaning: 'The user or API token has reached its limit of requests per minute.',
    remedy: 'Retry after `Retry-After`. `RateLimit` shows the remaining requests.',
  },
  TOO_MANY_TRIGGERS: {
    meaning: 'The tenant has reached its limit of manual triggers per minute.',
    remedy: 'Retry after `Retry-After`.',
  },
  TOO_MANY_TEST_CALLS: {
    meaning:
      "The tenant has reached this process's limit of simultaneous test calls, or the alert rule was tested within the last minute.",
    remedy: 'Wait until a test call has ended, or until `Retry-After`.',
  },
  LIMIT_REACHED: {
    meaning: "The definition's limit currently allows no test call.",
    remedy: 'Retry when fewer calls are in progress, or test without `limit`.',
  },
  TOO_MANY_BYTES: {
    meaning: 'The tenant has reached its limit of request bytes per minute.',
    remedy: 'Retry after `Retry-After`.',
  },
  TOO_MANY_STREAMS: {
    meaning: 'The caller, tenant, or process has reached its limit of open event streams.',
    remedy: 'Close one.',
  },
  TOO_MANY_POLLS: {
    meaning: 'The tenant or the process has reached its limit of requests that wait for work.',
    remedy: 'Retry later, or let fewer workers wait: one request takes up to 100 pieces of work.',
  },
  KEYS_UNAVAILABLE: {
    meaning: "The server couldn't fetch the keys that verify tokens from `JWT_JWKS_URL`.",
    remedy: 'Retry after `Retry-After`. The operator checks that the server can reach the identity provider.',
  },
  SIGN_IN_UNAVAILABLE: {
    meaning: "The identity provider doesn't respond, or doesn't accept this service as its client.",
    remedy: 'Retry. If it persists, an operator checks what `detail` names.',
  },
  LOG_UNAVAILABLE: {
    meaning: "The event log didn't respond. The change may have been made.",
    remedy: 'After `Retry-After`, repeat it with the same `Idempotency-Key`.',
  },
  POSTGRES_UNAVAILABLE: {
    meaning: "Postgres didn't respond, so lists and views can't be read.",
    remedy: 'Retry after `Retry-After`.',
  },
  INTERNAL: {
    meaning: 'An internal error of the service.',
    remedy: "Search the service's log for the correlation id in `detail`.",
  },
} as const satisfies Record<string, CodeText>;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** Codes that decisions can reject with; an internal error is not a rejection. */
export type DomainErrorCode = Exclude<ProblemCode, 'INTERNAL'>;
