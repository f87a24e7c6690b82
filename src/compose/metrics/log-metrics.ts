import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../domain/codes/execution-error-codes.ts';
import type { DomainEvent } from '../../domain/events/index.ts';
import { AppendUnanswered, StreamDeleted, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Append, AppendResult, EventStore } from '../../event-store/port.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Upper bounds, seconds: a local disk responds in milliseconds, and the log gives up after 10 s. */
export const APPEND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type AppendOutcome = AppendResult | Error;

/** Runs around the request of some appends. `outcomesOf` returns the outcomes of the first appends, of each if all were tried. */
type AroundAppends = <T>(
  appends: readonly Append[],
  request: () => Promise<T>,
  outcomesOf: (response: T) => readonly AppendOutcome[],
) => Promise<T>;

/** Returns the log that runs `around` for each request to append. */
const aroundAppends = (store: EventStore, around: AroundAppends): EventStore => {
  const { appendEach } = store;
  const asGiven = (outcomes: readonly AppendOutcome[]) => outcomes;
  return {
    ...store,
    append: (append) =>
      around(
        [append],
        () => store.append(append),
        (result) => [result],
      ),
    appendInOrder: (appends, made) => around(appends, () => store.appendInOrder(appends, made), asGiven),
    appendEach: appendEach && ((appends) => around(appends, () => appendEach(appends), asGiven)),
  };
};

/** Registers durations and failures of this process's appends, and returns the log that measures them. */
export const measureAppends = (
  store: EventStore,
  { metrics, clock }: { readonly metrics: Metrics; readonly clock: Clock },
): EventStore => {
  const observe = metrics.histogram('carillon_append_duration_seconds', APPEND_SECONDS);
  const countFailure = metrics.counter('carillon_append_failures_total');
  for (const reason of ['lost', 'unanswered', 'other']) countFailure({ reason }, 0);
  return aroundAppends(store, (_, request, outcomesOf) => {
    const sinceMs = clock.monotonic();
    const response = request();
    response.then(
      (made) => {
        observe({}, (clock.monotonic() - sinceMs) / 1_000);
        for (const each of outcomesOf(made)) if (each instanceof Error) countFailure({ reason: reasonOf(each) });
      },
      (error) => countFailure({ reason: reasonOf(error) }),
    );
    return response;
  });
};

const reasonOf = (error: unknown): 'lost' | 'unanswered' | 'other' => {
  if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return 'lost';
  return error instanceof AppendUnanswered ? 'unanswered' : 'other';
};

/**
 * Registers how executions end, and returns the log that counts the ends that this process appends: those of its engine,
 * cancellations, and results reported by targets.
 */
export const countExecutions = (
  store: EventStore,
  { metrics, tenants }: { readonly metrics: Metrics; readonly tenants: TenantLabels },
): EventStore => {
  const count = metrics.counter('carillon_executions_total');
  const countRetry = metrics.counter('carillon_retries_total');
  const countTenant = metrics.counter('carillon_tenant_executions_total');
  count({ outcome: 'succeeded', code: '' }, 0);
  for (const code of ALARMING) count({ outcome: 'failed', code }, 0);

  const note = (event: DomainEvent): void => {
    if (event.type === 'ExecutionAttemptFailed') countRetry({ code: codeLabel(event.data.error.code) });
    const end = endOf(event);
    if (end === undefined) return;
    count(end);
    if ('tenant' in event.data) countTenant({ tenant: tenants.labelOf(event.data.tenant), outcome: end.outcome });
  };

  return aroundAppends(store, async (appends, request, outcomesOf) => {
    const response = await request();
    outcomesOf(response).forEach((outcome, index) => {
      if (!(outcome instanceof Error)) appends[index]?.events.forEach(note);
    });
    return response;
  });
};

/** Registered in advance: an alarm on the first one needs the value before it. */
const ALARMING = ['OUTCOME_UNKNOWN', 'OUTCOME_NOT_RECORDED', 'INTERNAL_ERROR', 'CALL_FAILED'] as const;

type End = { readonly outcome: 'succeeded' | 'failed' | 'cancelled'; readonly code: string };

/** How an event ends its execution; `undefined` for other events. */
const endOf = (event: DomainEvent): End | undefined => {
  if (event.type === 'ExecutionSucceeded') return { outcome: 'succeeded', code: '' };
  if (event.type === 'ExecutionFailed') return { outcome: 'failed', code: codeLabel(event.data.error.code) };
  if (event.type === 'ExecutionCancelled') return { outcome: 'cancelled', code: codeLabel(event.data.error.code) };
  return undefined;
};

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(EXECUTION_ERROR_CODES), ...Object.keys(PASSED_ON_CODES)]);
const STATUS = /^HTTP_([1-5])\d\d$/;

/**
 * The label of a failed execution's code: statuses by hundred (`HTTP_5xx`), and unknown codes as `other`, so that there are
 * at most some fifty.
 */
export const codeLabel = (code: string): string => {
  if (KNOWN.has(code)) return code;
  const [, hundred] = STATUS.exec(code) ?? [];
  return hundred === undefined ? 'other' : `HTTP_${hundred}xx`;
};

/** Limits the number of series, independent of the number of tenants. */
const MAX_NAMED = 20;

/** The tenants named by this process's metrics: the first 20; others are counted as `other`. */
export type TenantLabels = {
  labelOf(tenant: string): string;
  /** The labels in use, and `other`. */
  labels(): readonly string[];
};

export const createTenantLabels = (): TenantLabels => {
  const named = new Set<string>();
  return {
    labelOf: (tenant) => {
      if (named.size < MAX_NAMED) named.add(tenant);
      return named.has(tenant) ? tenant : 'other';
    },
    labels: () => [...named, 'other'],
  };
};
