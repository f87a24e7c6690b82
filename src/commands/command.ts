import { type Actor, actorName, type DomainEvent } from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Append, AppendResult, Position, Revision } from '../event-store/port.ts';

/** An append that was made, and its events. */
export type MadeAppend<E = DomainEvent> = AppendResult & { readonly events: readonly E[] };

/**
 * Controls a command's own append: the one append that the request asks for, which a repeated request must not make
 * twice. Reservations of ids and names are not it. A command passes it to the `handleCommand` that makes the append.
 */
export type OwnAppend<E = DomainEvent> = {
  /** The append, if an earlier attempt at this request planned it and it is made: the command appends no other. */
  readonly made?: MadeAppend<E>;
  /** Called right before the append is made, at each try. */
  readonly plan: (append: Append) => Promise<void>;
  /** Called when the append lost, so that it will never be made. */
  readonly lost: () => void;
};

/** The command's own append with its events narrowed by `is`; undefined if the request cannot be repeated. */
export const ownAppend = <E extends DomainEvent>(
  { own }: { readonly own?: OwnAppend },
  is: (event: DomainEvent) => event is E,
): OwnAppend<E> | undefined => {
  if (own === undefined) return undefined;
  const { made, ...rest } = own;
  return { ...rest, ...(made === undefined ? {} : { made: { ...made, events: made.events.filter(is) } }) };
};

/** The same context for an append that is not the one that the request asks for. */
export const withoutOwn = <C extends { readonly own?: OwnAppend }>({ own: _, ...context }: C): Omit<C, 'own'> =>
  context;

/** Who sends a command, and what its events record of the request. */
export type CommandContext = {
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly correlationId: string;
  /** W3C trace context of what asked for it. */
  readonly traceparent?: string;
  readonly reason?: string;
  /** Whether an administrator of the installation asks. */
  readonly isAdministrator?: true;
  /** Whether the caller can read executions. A caller who can't must not have their results sent anywhere. */
  readonly canReadExecutions?: true;
  /** Who owns what is changed from then on, if not the actor: its bootstrap files, if it is reverted to a version of theirs. */
  readonly owner?: string;
  /** Present if the request has an `Idempotency-Key`, so that it may be repeated. */
  readonly own?: OwnAppend;
};

/** The caller's `If-Match`: the revision that the caller saw when it made the change. */
export type Precondition = { readonly expectedRevision?: Revision };

export type CommandResult<T> = {
  readonly value: T;
  /** Revision of the aggregate after the command: the ETag. */
  readonly revision: Revision;
  /** Position of the last event appended; undefined where nothing was recorded. */
  readonly position: Position | undefined;
  /** Living engines that have not taken the change in yet, where it matters that all have. */
  readonly pendingEngines?: readonly string[];
  /** What the caller should know although the command was accepted. */
  readonly warnings?: readonly string[];
};

/** The context of a change that puts a version back: a caller who gives no reason is taken to want just that. */
export const revertContext = (context: CommandContext, version: number): CommandContext => ({
  reason: `reverted to version ${version}`,
  ...context,
});

/** The bootstrap files that made a version, by who made it: who goes back to it gives the resource back to them. */
export const bootstrapOwner = (madeBy: string): string | undefined =>
  madeBy.startsWith(actorName({ type: 'bootstrap', name: '' })) ? madeBy : undefined;
