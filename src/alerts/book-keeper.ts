import { type EventLog, handleCommand } from '../commands/loop/handle-command.ts';
import { loadAlertBook } from '../commands/loop/load.ts';
import { newAlertBook } from '../domain/alert-rule/alert-book.ts';
import { type AlertBook, type AlertBookEvent, type AlertRule, CARILLON } from '../domain/events/index.ts';
import { alertBookStream } from '../domain/streams.ts';

/** The actor of alert changes and notifications in events. */
export const watchContext = ({ tenant, name }: Pick<AlertRule, 'tenant' | 'name'>) => ({
  tenant,
  actor: CARILLON,
  correlationId: `alert-rule-${name}`,
});

type BookChange = {
  readonly rule: AlertRule;
  readonly type: AlertBookEvent['type'];
  /** The book after the change; `undefined` or the same book if nothing changes. Pure. */
  readonly change: (book: AlertBook) => AlertBook | undefined;
};

/** Changes the book of a rule in the log and returns the changed book. */
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
