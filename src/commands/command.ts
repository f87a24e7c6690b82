import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import { actorName, type ChangeRequest, type DomainEvent } from '../domain/events/index.ts';
import type { Append, AppendResult, Position, Revision } from '../event-store/port.ts';

/**
 * A rejection that the log contains, such as an execution that was requested and cancelled. The request is complete, so its
 * `Idempotency-Key` is free again.
 */
export class RecordedRejection extends DomainError {
  /** Position of the last event; `undefined` if an earlier attempt recorded it. */
  readonly position: Position | undefined;
  constructor(code: DomainErrorCode, message: string, position: Position | undefined) {
    super(code, message);
    this.position = position;
  }
}

export type MadeAppend<E = DomainEvent> = AppendResult & { readonly events: readonly E[] };

/**
 * Controls a command's own append: the one that the request is about, which a repeated request must not make twice, unlike
 * reservations of ids and names. A command passes it to the `handleCommand` that makes the append.
 */
export type OwnAppend<E = DomainEvent> = {
  /** The append, if an earlier attempt at this request planned and made it: the command makes no other. */
  readonly made?: MadeAppend<E>;
  /** Called right before each try of the append. */
  readonly plan: (append: Append) => Promise<void>;
  /** Called if the append failed and will never be made. */
  readonly lost: () => void;
};

/** The command's own append with its events narrowed by `is`; `undefined` if the request can't be repeated. */
export const ownAppend = <E extends DomainEvent>(
  { own }: { readonly own?: OwnAppend },
  is: (event: DomainEvent) => event is E,
): OwnAppend<E> | undefined => {
  if (own === undefined) return undefined;
  const { made, ...rest } = own;
  return { ...rest, ...(made === undefined ? {} : { made: { ...made, events: made.events.filter(is) } }) };
};

/** The same context, for other appends than the request's own. */
export const withoutOwn = <C extends { readonly own?: OwnAppend }>({ own: _, ...context }: C): Omit<C, 'own'> =>
  context;

/** The caller of a command, and what its events record about the request. */
export type CommandContext = ChangeRequest & {
  /** Whether the caller is an administrator of the installation. */
  readonly isAdministrator?: true;
  /** Whether the caller can read executions. If not, they must not have results sent anywhere. */
  readonly canReadExecutions?: true;
  /** Whether the caller accepts a response before the read models show the change. */
  readonly isEventual?: true;
  /** The owner after the change, if not the actor: bootstrap files, for a revert to a version of theirs. */
  readonly owner?: string;
  /** Present if the request has an `Idempotency-Key`, so that it can be repeated. */
  readonly own?: OwnAppend;
};

/** The same context, with the reason in the input, which takes precedence over the header. */
export const withReason = (context: CommandContext, reason: string | undefined): CommandContext =>
  reason === undefined ? context : { ...context, reason };

/** The caller's `If-Match`: the revision on which the change is based. */
export type Precondition = { readonly expectedRevision?: Revision };

/** @throws DomainError STALE_REVISION if the resource has another revision than the caller saw */
export const checkRevision = ({ expectedRevision }: Precondition, current: Revision, resource: string): void => {
  if (expectedRevision === undefined || expectedRevision === current) return;
  throw new DomainError(
    'STALE_REVISION',
    `${resource} is at revision ${current}, not ${expectedRevision}: fetch it again, then repeat the change`,
  );
};

export type CommandResult<T> = {
  readonly value: T;
  /** Revision of the aggregate after the command, used as ETag. */
  readonly revision: Revision;
  /** Position of the last appended event; `undefined` if nothing was recorded. */
  readonly position: Position | undefined;
  /** Live engines that have not applied the change, if it matters. */
  readonly pendingEngines?: readonly string[];
  /** Warnings about an accepted command. */
  readonly warnings?: readonly string[];
};

/** The context of a revert: without the caller's reason, the revert is the reason. */
export const revertContext = (context: CommandContext, version: number): CommandContext => ({
  reason: `reverted to version ${version}`,
  ...context,
});

/** The bootstrap files that made a version: a revert to it returns the resource to them. */
export const bootstrapOwner = (madeBy: string): string | undefined =>
  madeBy.startsWith(actorName({ type: 'bootstrap', name: '' })) ? madeBy : undefined;
