import { type Actor, actorName } from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Position, Revision } from '../event-store/port.ts';
import type { OwnAppend } from './loop/own-append.ts';

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

/** Whether a resource that says the same already gets another owner. */
export const changesOwner = (owner: string | undefined, stored: { readonly updatedBy: string } | undefined): boolean =>
  owner !== undefined && stored !== undefined && stored.updatedBy !== owner;
