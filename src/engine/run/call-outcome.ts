import type { FailureReason } from '../../domain/codes/reasons.ts';
import { type HttpOutcome, type OutcomeError, readRetryAfter } from '../../domain/execution/outcome.ts';
import { type SensitiveNames, textsOf } from '../../domain/redaction/mask.ts';
import { messageWithinSize, type Redaction, redact } from '../../domain/redaction/redact.ts';
import { confidentialResult, recordableResult } from '../../domain/tasks/http/recordable.ts';
import type { CallOutcome } from '../call/port.ts';
import { type PreparableCall, type PreparedCall, secretsOfCall } from './prepare-call.ts';

/** The status by which a target says that it will call back. */
const ACCEPTED = 202;

/** What is recorded of a call, with its secrets masked. */
export const outcomeOfCall = (
  call: PreparableCall,
  prepared: PreparedCall,
  { called, calledAtMs }: { readonly called: CallOutcome; readonly calledAtMs: number },
): HttpOutcome | 'withheld' => {
  if (called.kind === 'withheld') return called.kind;
  const { names } = prepared;
  const snapshot = prepared.snapshot();
  if (call.completionToken !== undefined && called.kind === 'succeeded' && called.result.status === ACCEPTED) {
    const { startedAtMs = calledAtMs, finishedAtMs } = called;
    return { kind: 'accepted', calledAtMs, startedAtMs, finishedAtMs, jobSnapshot: snapshot };
  }
  const secrets = [...secretsOfCall(call, prepared, called.accessTokens), ...prepared.maskedParameters];
  const outcome = { ...outcomeOf(called, { strike: redact(secrets), names }), calledAtMs, jobSnapshot: snapshot };
  return confidential(outcome, prepared, secrets);
};

/** Above so many texts in a body, looking for each in a message would take too long. */
const MAX_TEXTS = 200;

/** Of a confidential job, seals the result and masks the body's texts in the error message, where a redirect's address may repeat them. */
const confidential = (outcome: HttpOutcome, { task, seal }: PreparedCall, secrets: readonly string[]): HttpOutcome => {
  if (seal === undefined) return outcome;
  const messageOf = ({ code, message }: OutcomeError): string => {
    const texts = task.body === undefined ? [] : textsOf(task.body);
    if (texts.length > MAX_TEXTS)
      return `the call failed with ${code}; details are not recorded because the job is confidential`;
    return redact([...secrets, ...texts]).text(message);
  };
  switch (outcome.kind) {
    case 'succeeded':
      return { ...outcome, result: confidentialResult(outcome.result, seal) };
    case 'failed':
      return {
        ...outcome,
        error: { ...outcome.error, message: messageOf(outcome.error) },
        ...(outcome.result === undefined ? {} : { result: confidentialResult(outcome.result, seal) }),
      };
    case 'cancelled':
    case 'accepted':
      return outcome;
  }
};

type StopOutcome = { readonly reason: FailureReason; readonly error: OutcomeError };
export const STOPPED_UNSENT: StopOutcome = {
  reason: 'ENGINE_STOPPED',
  error: { code: 'ENGINE_STOPPED', message: 'the engine stopped before it sent the request' },
};
const STOPPED_SENT: StopOutcome = {
  reason: 'ENGINE_STOPPED',
  error: {
    code: 'OUTCOME_UNKNOWN',
    message: 'the engine stopped during the call: the target may have acted on the request',
  },
};

const outcomeOf = (
  called: Exclude<CallOutcome, { kind: 'withheld' }>,
  redaction: { readonly strike: Redaction; readonly names: SensitiveNames },
): HttpOutcome => {
  const { strike } = redaction;
  switch (called.kind) {
    case 'succeeded':
      return { ...called, result: recordableResult(called.result, redaction) };
    case 'failed': {
      const { result, error, ...rest } = called;
      const retryAfterMs = readRetryAfter(result?.headers['retry-after'], called.finishedAtMs);
      return {
        ...rest,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        error: { ...error, message: messageWithinSize(strike.text(error.message)) },
        ...(result === undefined ? {} : { result: recordableResult(result, redaction) }),
      };
    }
    case 'aborted':
      return { ...called, kind: 'failed', ...(called.startedAtMs === undefined ? STOPPED_UNSENT : STOPPED_SENT) };
  }
};
