import type { DomainEvent } from '../../domain/events/index.ts';
import type { Append, AppendResult } from '../../event-store/port.ts';

/** An append that was made, with its events. */
export type MadeAppend<E = DomainEvent> = AppendResult & { readonly events: readonly E[] };

/**
 * The one append that a command is asked for, in distinction from what else it appends: the one that a repeated request
 * must not make twice. A command hands it to the one `handleCommand` that makes that append.
 */
export type OwnAppend<E = DomainEvent> = {
  /** What an earlier attempt at this request planned and is made by now: the command is done with it. */
  readonly made?: MadeAppend<E>;
  /** Called right before the append is made, at each try. */
  readonly plan: (append: Append) => Promise<void>;
  /** Called when the log refused the append for good. */
  readonly lost: () => void;
};

/** The command's own append, its events told by their type; undefined where the request can't be repeated. */
export const ownAppend = <E extends DomainEvent>(
  { own }: { readonly own?: OwnAppend },
  is: (event: DomainEvent) => event is E,
): OwnAppend<E> | undefined => {
  if (own === undefined) return undefined;
  const { made, ...rest } = own;
  return { ...rest, ...(made === undefined ? {} : { made: { ...made, events: made.events.filter(is) } }) };
};
