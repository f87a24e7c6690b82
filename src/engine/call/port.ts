import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { HTTP_METHODS, HttpAuth, HttpResult } from '../../domain/tasks/http/stored.ts';
import type { JsonValue } from '../../domain/values.ts';

export type HttpMethod = (typeof HTTP_METHODS)[number];

/** A request as it would be sent. */
type OutgoingRequest = {
  readonly url: URL;
  /** Name and value by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly [name: string, value: string]>;
  readonly body: string | undefined;
};

/** Gives the headers that sign a request with this body. */
export type Sign = (
  body: string,
  completionUrl?: string,
) => Readonly<
  Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> & {
    /** Only of a call that has a completion URL. */
    'Carillon-Completion-Signature'?: string;
  }
>;

/** What connections to an origin are made with, in the words of Node's `tls.connect`. */
export type ClientTls = {
  /** Tells connections apart that may not be shared. */
  readonly id: string;
  /** The only authorities that are trusted. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

/** What the calls of a definition have in common, if it alone determines them. */
export type TargetRequest = {
  /** The tenant whose job calls. */
  readonly tenant: string;
  /** As `targetUrl` joined it. */
  readonly url: URL;
  readonly method: HttpMethod;
  /**
   * The task's headers, parameters filled in. They replace `ownHeaders`, auth and the default content type, in any
   * letter case.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly auth?: HttpAuth<string> | undefined;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: JsonValue | undefined;
  /** What connections to an origin are made with; also to a token URL, and where redirects lead. */
  readonly tlsFor?: ((origin: string) => ClientTls | undefined) | undefined;
  /** Signs each request to the origin of `url`. */
  readonly sign?: Sign | undefined;
  /** Limit for the whole call: resolving, connecting, redirects, and reading the body. */
  readonly timeoutMs: number;
  /** Statuses that count as success beside 2xx. */
  readonly successStatus?: readonly number[] | undefined;
};

/** What each call has of its own. */
export type OwnParts = {
  /** Headers that the service sends with every call. */
  readonly ownHeaders?: Readonly<Record<string, string>> | undefined;
  /** Whether a request holds a secret; then it does not follow a redirect to another origin. */
  readonly holdsSecret?: ((sent: OutgoingRequest) => boolean) | undefined;
  /** Called right before the request is sent; false withholds it. */
  readonly beforeSend?: (() => boolean) | undefined;
};

export type CallRequest = TargetRequest & OwnParts;

/** A result with clear values; `recordableResult` masks them before it is recorded. */
export type ClearResult = Omit<HttpResult, 'data'> & { readonly data: JsonValue };

export type CallOutcome = {
  /** Access tokens that were requested and sent, in clear text; they are masked in what is recorded. */
  readonly accessTokens?: readonly string[];
  /** When the request was sent, epoch ms; absent if it never was. */
  readonly startedAtMs?: number;
  readonly finishedAtMs: number;
} & (
  | { readonly kind: 'succeeded'; readonly result: ClearResult }
  | { readonly kind: 'failed'; readonly error: OutcomeError; readonly result?: ClearResult }
  /** `beforeSend` said no: nothing was sent. */
  | { readonly kind: 'withheld' }
  /** The signal aborted. If `startedAtMs` is set, the target may have done its work. */
  | { readonly kind: 'aborted' }
);

/** A call that is prepared up to its request. */
export type PreparedRequest = {
  /** Sends the request, once. The limit for the call begins now. */
  send(): void;
  /** Aborts the call, if it was sent and hasn't ended. */
  abort(): void;
};

/**
 * Prepares one call, without a promise for each of its steps.
 * @param ended called once after `send`, with how the call ended
 * @returns undefined if it takes more than the request: an address or access token that isn't known, or a signature
 */
export type PrepareCall = (own: OwnParts, ended: (outcome: CallOutcome) => void) => PreparedRequest | undefined;

export type TargetCaller = {
  /** Makes one call and returns how it ended. Never rejects. */
  call(request: CallRequest, signal: AbortSignal): Promise<CallOutcome>;
  /** Prepares the calls of a definition: what follows from their common request is computed once. */
  prepare(request: TargetRequest): PrepareCall;
  /** Aborts the calls in progress and closes every connection. */
  close(): Promise<void>;
};
