import type { CallResult, HTTP_METHODS } from '../../domain/events/index.ts';
import type { ClearAuth, JsonValue } from '../../domain/parameters/index.ts';
import type { OutcomeError } from '../../domain/runs/outcome.ts';

export type HttpMethod = (typeof HTTP_METHODS)[number];

/** A request as it would go to a socket. */
export type OutgoingRequest = {
  readonly url: URL;
  /** Name and value by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly [name: string, value: string]>;
  readonly body: string | undefined;
};

export type CallRequest = {
  /** On whose behalf. */
  readonly tenant: string;
  /** As `targetUrl` joined it. */
  readonly url: URL;
  readonly method: HttpMethod;
  /** The user's own, resolved. They win over `ownHeaders`, auth and the default content type, in any letter case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What the service sends with every call. */
  readonly ownHeaders?: Readonly<Record<string, string>> | undefined;
  readonly auth?: ClearAuth | undefined;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: JsonValue | undefined;
  /** For all of it: resolving, connecting, redirects, and reading the body. Milliseconds. */
  readonly timeoutMs: number;
  /** Statuses that count as success beside 2xx. */
  readonly successStatus?: readonly number[] | undefined;
  /** Whether what a redirect would send to another origin has a secret in it; then it is not sent. */
  readonly holdsSecret?: ((sent: OutgoingRequest) => boolean) | undefined;
  /** The last look before the request goes to a socket: false withholds it. */
  readonly beforeSend?: (() => boolean) | undefined;
};

/** A result with its clear values still in it: `recordableResult` makes it fit for recording. */
export type ClearResult = Omit<CallResult, 'data'> & { readonly data: JsonValue };

export type CallOutcome = {
  /** When the request went to a socket, epoch milliseconds; absent where it never did. */
  readonly startedAtMs?: number;
  readonly finishedAtMs: number;
} & (
  | { readonly kind: 'succeeded'; readonly result: ClearResult }
  | { readonly kind: 'failed'; readonly error: OutcomeError; readonly result?: ClearResult }
  /** `beforeSend` said no: nothing was sent. */
  | { readonly kind: 'withheld' }
  /** The signal aborted; with `startedAtMs` the target may have done its work all the same. */
  | { readonly kind: 'aborted' }
);

export type TargetCaller = {
  /** Makes one call and says how it ended; never rejects, whatever the target does. */
  call(request: CallRequest, signal: AbortSignal): Promise<CallOutcome>;
  /** Breaks off what is under way and closes every connection. */
  close(): Promise<void>;
};
