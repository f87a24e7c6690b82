import { type EventLog, handleCommand } from '../commands/loop/handle-command.ts';
import { loadAlertBook } from '../commands/loop/load.ts';
import { newAlertBook } from '../domain/alert-rule/alert-book.ts';
import { type AlertBook, type AlertBookEvent, type AlertRule, CARILLON } from '../domain/events/index.ts';
import { alertBookStream } from '../domain/streams.ts';

/** Who watches the rules and sends the notifications, as events name it. */
export const watchContext = ({ tenant, name }: Pick<AlertRule, 'tenant' | 'name'>) => ({
  tenant,
  actor: CARILLON,
  correlationId: `alert-rule-${name}`,
});

type BookChange = {
  readonly rule: AlertRule;
  readonly type: AlertBookEvent['type'];
  /** Pure. The book after the change; undefined or the same book where nothing changes. */
  readonly change: (book: AlertBook) => AlertBook | undefined;
};

/** Changes the book of a rule as the log has it, and returns it as it is then. */
export const changeBook = async (log: EventLog, { rule, type, change }: BookChange): Promise<AlertBook> => {
  const { tenant, name } = rule;
  const { state, events } = await handleCommand(log, {
    stream: alertBookStream(tenant, name),
    context: watchContext(rule),
    load: () => loadAlertBook(log.store, tenant, name),
    decide: (stored): AlertBookEvent[] => {
      const book = stored ?? newAlertBook(rule);
      const data = change(book);
      return data === undefined || data === book ? [] : [{ type, data }];
    },
  });
  return events[0]?.data ?? state ?? newAlertBook(rule);
};
