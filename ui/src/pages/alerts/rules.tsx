import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { AlertRule, ReceiverTest } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, done, pageOf, reasonHeader } from '../../api/client.ts';
import { useList } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { useApplicationNames } from '../../components/applications.ts';
import { DeleteDialog } from '../../components/delete-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { Status } from '../../components/status.tsx';
import { showError } from '../../components/toasts.tsx';
import { When } from '../../components/when.tsx';
import { formatCode } from '../../format/codes.ts';
import { printLabels } from '../edit-job/lines.ts';
import { formatReceiver } from './receiver.ts';
import { RuleDialog } from './rule-dialog.tsx';

type Opened = { readonly what: 'set' | 'delete'; readonly rule: AlertRule | undefined };

export const Rules = () => {
  const [opened, setOpened] = useState<Opened>();
  const [tested, setTested] = useState<readonly ReceiverTest[]>();
  const mayWrite = session.may('scheduler:jobs:write');
  const list = useList({
    key: ['alert-rules'],
    load: (page, signal) =>
      pageOf(
        api.GET('/alert-rules', {
          params: { query: page },
          signal,
        }),
      ),
  });
  const test = async ({ name }: AlertRule) => {
    try {
      setTested(await dataOf(api.POST('/alert-rules/{name}/test', { params: { path: { name } } })));
    } catch (error) {
      showError(error);
    }
  };
  const close = () => setOpened(undefined);
  return (
    <>
      <ListCard
        title="Rules"
        list={list}
        keyOf={({ name }) => name}
        empty="No rules"
        hint="A rule notifies by webhook, email, Slack, Teams or PagerDuty when a condition starts and ends. To create one, choose “New rule…”."
        actions={
          mayWrite ? (
            <button type="button" class="button" onClick={() => setOpened({ what: 'set', rule: undefined })}>
              New rule…
            </button>
          ) : null
        }
        columns={[
          { title: 'Rule', cell: ({ name }) => <code>{name}</code> },
          { title: 'Scope', cell: (rule) => <Scope rule={rule} /> },
          { title: 'Condition', cell: ({ condition }) => formatCondition(condition) },
          { title: 'Receivers', cell: ({ receivers }) => receivers.map(formatReceiver).join(', ') },
          {
            title: 'Changed',
            cell: ({ updatedAt, updatedBy }) => (
              <>
                <When at={updatedAt} /> by {updatedBy}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: (rule) =>
              mayWrite ? (
                <span class="buttons">
                  <button type="button" class="button" aria-label={`Test ${rule.name}`} onClick={() => void test(rule)}>
                    Test
                  </button>
                  <button
                    type="button"
                    class="button"
                    aria-label={`Edit ${rule.name}`}
                    onClick={() => setOpened({ what: 'set', rule })}
                  >
                    Change…
                  </button>
                  <button
                    type="button"
                    class="button"
                    aria-label={`Delete ${rule.name}`}
                    onClick={() => setOpened({ what: 'delete', rule })}
                  >
                    Delete…
                  </button>
                </span>
              ) : null,
          },
        ]}
      />
      {opened?.what === 'set' ? <RuleDialog rule={opened.rule} onClose={close} /> : null}
      {opened?.what === 'delete' && opened.rule !== undefined ? (
        <DeleteRule rule={opened.rule} onClose={close} />
      ) : null}
      {tested === undefined ? null : <Tested tested={tested} onClose={() => setTested(undefined)} />}
    </>
  );
};

const Scope = ({ rule: { scope, of, labels } }: { readonly rule: AlertRule }) => {
  const named = useApplicationNames();
  const page = scope === 'job' ? 'jobs' : 'applications';
  return (
    <>
      {scope === 'tenant' ? (
        'All jobs of the tenant'
      ) : (
        <Link href={`/${page}/${of}`}>{scope === 'job' ? `Job ${of}` : named(Number(of))}</Link>
      )}
      {labels === undefined ? null : ` with ${printLabels(labels)}`}
    </>
  );
};

const formatCondition = (condition: AlertRule['condition']): string => {
  switch (condition.kind) {
    case 'failures':
      return `${condition.count} failures in a row`;
    case 'missed':
    case 'skipped':
      return `Slot ${condition.kind}${condition.reason === undefined ? '' : ` (${formatCode(condition.reason)})`}`;
    case 'late':
      return `Call late by more than ${condition.over}`;
    case 'noSuccess':
      return `No success for ${condition.over}`;
    case 'notRun':
      return `No run for ${condition.over}`;
    case 'notTaken':
      return `No worker for ${condition.over}`;
    case 'noSlots':
      return 'No slots to come';
    case 'running':
      return `Run takes longer than ${condition.over}`;
    case 'disabled':
      return 'Disabled after failures';
  }
};

const DeleteRule = ({ rule: { name }, onClose }: { readonly rule: AlertRule; readonly onClose: () => void }) => (
  <DeleteDialog
    name={name}
    description="Active alerts end without notification."
    remove={(reason) =>
      done(api.DELETE('/alert-rules/{name}', { params: { path: { name }, header: reasonHeader(reason) } }))
    }
    onClose={onClose}
  />
);

type TestedProps = { readonly tested: readonly ReceiverTest[]; readonly onClose: () => void };

const Tested = ({ tested, onClose }: TestedProps) => (
  <Dialog title="Test results" onClose={onClose}>
    <ul class="said">
      {tested.map(({ receiver, status, response, error }) => (
        <li key={formatReceiver(receiver)}>
          <Status name={status === 'delivered' ? 'succeeded' : 'failed'}>{status}</Status> {formatReceiver(receiver)}{' '}
          {error === undefined ? response : `${formatCode(error.code)} (${error.code}): ${error.message}`}
        </li>
      ))}
    </ul>
    <footer class="dialog-foot">
      <button type="button" class="button primary" onClick={onClose}>
        Close
      </button>
    </footer>
  </Dialog>
);
