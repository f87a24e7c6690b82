import { Link } from 'wouter-preact';
import type { LastNotification } from '../../../packages/client/src/schema.ts';
import { api, pageOf } from '../api/client.ts';
import { byRuns, useList } from '../api/queries.ts';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status } from '../components/status.tsx';
import { When } from '../components/when.tsx';
import { formatAction, formatCode } from '../format/codes.ts';
import { formatReceiver } from './alerts/receiver.ts';
import { Rules } from './alerts/rules.tsx';

const REST_MS = 10_000;

/** Active alerts, and the alert rules. */
const Alerts = () => {
  const list = useList({
    key: ['alerts'],
    load: (page, signal) => pageOf(api.GET('/alerts', { params: { query: page }, signal })),
    touched: byRuns(),
    restMs: REST_MS,
  });
  return (
    <>
      <PageHead title="Alerts" />
      <ListCard
        title="Active alerts"
        list={list}
        keyOf={({ rule, jobId }) => `${rule} ${jobId}`}
        empty="No active alerts"
        hint="An alert is active while the condition of a rule holds for a job."
        columns={[
          { title: 'Job', cell: ({ jobId, jobName }) => <Link href={`/jobs/${jobId}`}>{jobName}</Link> },
          { title: 'Rule', cell: ({ rule }) => <code>{rule}</code> },
          { title: 'Since', cell: ({ since }) => <When at={since} /> },
          {
            title: 'Alert',
            cell: ({ summary, executionId }) =>
              executionId === undefined ? summary : <Link href={`/executions/${executionId}`}>{summary}</Link>,
          },
          { title: 'Notified', cell: ({ notification }) => <Notified notification={notification} /> },
        ]}
      />
      <Rules />
    </>
  );
};

export default Alerts;

const Notified = ({ notification }: { readonly notification: LastNotification | undefined }) =>
  notification === undefined ? (
    <>Not yet</>
  ) : (
    <>
      <When at={notification.at} />{' '}
      {notification.deliveries.map(({ receiver, status, error }) => (
        <Status
          key={formatReceiver(receiver)}
          name={status === 'delivered' ? 'succeeded' : status === 'abandoned' ? 'failed' : 'pending'}
        >
          {`${error === undefined ? formatAction(status) : `${formatCode(error.code)} (${error.code})`}: ${receiver.type === 'webhook' ? 'webhook' : formatReceiver(receiver)}`}
        </Status>
      ))}
    </>
  );
