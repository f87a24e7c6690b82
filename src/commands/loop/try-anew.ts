import type { DomainEvent } from '../../domain/events/index.ts';
import { appendInOrderSurely } from '../../event-store/append-surely.ts';
import { type Append, type AppendResult, NO_STREAM } from '../../event-store/port.ts';
import type { CommandContext } from '../port.ts';
import { type EventLog, toAppend } from './handle-command.ts';
import type { OwnAppend } from './own-append.ts';

type New = { readonly stream: string; readonly events: readonly DomainEvent[] };

type Anew = {
  /** What has to be made before the command's own append is. */
  readonly first: New;
  /** The command's own. */
  readonly own: New;
  /** What is made once the command's own append was. */
  readonly then: New;
};

/**
 * Begins streams that are most likely new, in this order, without a look: an append that is wrong about its stream
 * loses. They go together where the log can, so that it is asked once.
 * @returns what was made of first, own and then; where one lost, the rest has to be decided by what is there
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
