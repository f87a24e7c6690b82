import type { DomainEvent } from '../../domain/events/index.ts';
import { appendInOrderSurely } from '../../event-store/append-surely.ts';
import { type Append, type AppendResult, NO_STREAM } from '../../event-store/port.ts';
import type { CommandContext } from '../port.ts';
import { type EventLog, toAppend } from './handle-command.ts';
import type { OwnAppend } from './own-append.ts';

type New = { readonly stream: string; readonly events: readonly DomainEvent[] };

type Anew = {
  /** Has to be made before the command's own append. */
  readonly first: New;
  /** The command's own append. */
  readonly own: New;
  /** Made only after the command's own append. */
  readonly then: New;
};

/**
 * Begins three streams that are most likely new, in this order, without reading them first: the append to a stream that
 * is not new loses. A log that can takes all three in one request, which makes creating a job one round trip.
 * @returns the appends that were made, from the first on; after the first that lost, none is made
 */
export const tryAnew = async (
  log: EventLog,
  { first, own, then }: Anew,
  {
    context,
    repeat,
  }: { readonly context: CommandContext; readonly repeat: Pick<OwnAppend, 'plan' | 'lost'> | undefined },
): Promise<readonly AppendResult[]> => {
  const appendOf = ({ stream, events }: New): Append =>
    toAppend({ stream, revision: NO_STREAM, events, context, world: log.world });
  const ownAppend = appendOf(own);
  if (repeat === undefined) {
    return inTheirTurn(log, [appendOf(first), ownAppend, appendOf(then)]);
  }
  const made = await inTheirTurn(log, [appendOf(first)]);
  if (made.length === 0) return made;
  await repeat.plan(ownAppend);
  const rest = await inTheirTurn(log, [ownAppend, appendOf(then)]);
  if (rest.length === 0) repeat.lost();
  return [...made, ...rest];
};

const inTheirTurn = ({ store, lanes, world }: EventLog, appends: readonly Append[]): Promise<readonly AppendResult[]> =>
  appends.reduceRight(
    (run, { stream }) =>
      () =>
        lanes.inTurn(stream, run),
    () => appendInOrderSurely(store, appends, { world }),
  )();
