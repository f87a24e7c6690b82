import type { DomainEvent } from '../../domain/events/index.ts';
import type { Append, AppendResult } from '../../event-store/port.ts';

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
