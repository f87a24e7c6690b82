import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { Clock, Runtime } from '../../runtime/runtime.ts';
import { failureOf, HopBroken, Withheld } from './errors.ts';
import { isRedirect } from './hop.ts';
import type { CallOutcome, ClearResult, OwnParts, TargetRequest } from './port.ts';
import { readData } from './read-data.ts';
import type { SendingCall, TargetResponse } from './send-hop.ts';
import { Stop } from './stop.ts';

const joined = (headers: TargetResponse['headers']): Record<string, string> => {
  const record: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) record[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return record;
};

const resultOf = ({ status, headers, body }: TargetResponse): ClearResult => {
  const shown = joined(headers);
  return { status, headers: shown, data: readData(body, shown['content-type']), truncated: body.truncated };
};

export const isSuccess = (status: number, request: TargetRequest): boolean =>
  (status >= 200 && status < 300) || request.successStatus?.includes(status) === true;

const failureStatus = (status: number): OutcomeError => ({
  code: `HTTP_${status}`,
  message: `the target responded with status ${status}`,
});

/** A call in progress: what may stop it, and when it was sent. */
export class CallInProgress implements SendingCall {
  readonly stop: Stop;
  /** The access tokens that were sent. */
  used: readonly string[] = NONE;
  private readonly clock: Clock;
  private readonly request: TargetRequest;
  private readonly control: CallControl;
  private startedAtMs: number | undefined;

  constructor({ clock, timers }: CallWorld, request: TargetRequest, control: CallControl) {
    this.stop = new Stop(timers, control.signal);
    this.clock = clock;
    this.request = request;
    this.control = control;
  }

  maySend(): boolean {
    if (this.startedAtMs !== undefined) return true;
    if (this.control.beforeSend?.() === false) return false;
    this.startedAtMs = this.clock.now();
    return true;
  }

  /**
   * Makes the call: its limit runs from now.
   * @param fetch gets its last response, or the error that ended the way there
   * @param ended called once, with how the call ended
   */
  begin(fetch: () => Promise<TargetResponse | OutcomeError>, ended: (outcome: CallOutcome) => void): void {
    this.stop.startDeadline(this.request.timeoutMs);
    const over = (outcome: CallOutcome): void => {
      this.stop.release();
      ended(outcome);
    };
    fetch().then(
      (response) => over(this.outcomeOf(response)),
      (error) => over(this.failed(error)),
    );
  }

  private outcomeOf(response: TargetResponse | OutcomeError): CallOutcome {
    if ('code' in response) return { kind: 'failed', ...this.times(), error: response };
    try {
      const result = resultOf(response);
      return isSuccess(result.status, this.request)
        ? { kind: 'succeeded', ...this.times(), result }
        : { kind: 'failed', ...this.times(), error: failureStatus(result.status), result };
    } catch (error) {
      return this.failed(error);
    }
  }

  private failed(error: unknown): CallOutcome {
    if (error instanceof Withheld) return { kind: 'withheld', finishedAtMs: this.clock.now() };
    switch (this.stop.reason()) {
      case 'aborted':
        return { kind: 'aborted', ...this.times() };
      case 'deadline': {
        const until = this.startedAtMs === undefined ? 'the request was sent' : 'the target responded';
        const message = `the timeout of ${this.request.timeoutMs} ms expired before ${until}`;
        return { kind: 'failed', ...this.times(), error: { code: 'ETIMEDOUT', message } };
      }
      case undefined: {
        // A failure status counts although the rest of the response is missing; only a success is unknown until it is
        // whole.
        const status = error instanceof HopBroken ? error.status : undefined;
        const isRejection = status !== undefined && !isSuccess(status, this.request) && !isRedirect(status);
        return { kind: 'failed', ...this.times(), error: isRejection ? failureStatus(status) : failureOf(error) };
      }
    }
  }

  private times() {
    return {
      ...(this.startedAtMs !== undefined && { startedAtMs: this.startedAtMs }),
      finishedAtMs: this.clock.now(),
      ...(this.used.length > 0 && { accessTokens: this.used }),
    };
  }
}

const NONE: readonly string[] = [];

type CallWorld = Pick<Runtime, 'clock' | 'timers'>;
type CallControl = Pick<OwnParts, 'beforeSend'> & { readonly signal?: AbortSignal };
