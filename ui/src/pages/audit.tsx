import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { AuditEntry } from '../../../packages/client/src/schema.ts';
import { api, pageOf } from '../api/client.ts';
import { byDefinition, useList } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { useAddress } from '../components/address.ts';
import { ApplicationFilter } from '../components/application-filter.tsx';
import { Coded } from '../components/coded.tsx';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status } from '../components/status.tsx';
import { TextFilter } from '../components/text-filter.tsx';
import { TimeFilter } from '../components/time-filter.tsx';
import { useSettled } from '../components/typed.ts';
import { When } from '../components/when.tsx';
import { formatAction, formatCode } from '../format/codes.ts';
import { formatCount } from '../format/count.ts';
import { ChangesDialog, hasChanges } from './audit/changes-dialog.tsx';
import { ExportDialog } from './audit/export-dialog.tsx';
import { type AuditGroup, groupsOf } from './audit/groups.ts';

const FILTERS = ['actor', 'action', 'code'] as const;
const TITLES = { actor: 'User', action: 'Action, such as updateJob', code: 'Error code' } as const;
const EXAMPLES = { actor: 'User', action: 'Action', code: 'Code' } as const;

/** The audit: changes and rejected requests. The search is in the address. */
const Audit = () => {
  const [search, narrow] = useAddress('/audit');
  const filter = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
  const outcome = outcomeOf(search.get('outcome'));
  const applicationId = search.get('applicationId') ?? undefined;
  const span = Object.fromEntries(
    ['from', 'to'].flatMap((name) => {
      const at = search.get(name);
      return at === null ? [] : [[name, at] as const];
    }),
  );
  const query = useSettled({
    ...Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, value.trim()])),
    ...span,
    ...(outcome === undefined ? {} : { outcome }),
    ...(applicationId === undefined ? {} : { applicationId: Number(applicationId) }),
  });
  const [isExporting, setExporting] = useState(false);
  const [opened, setOpened] = useState<AuditEntry>();
  const list = useList({
    key: ['audit', query],
    load: (page, signal) =>
      pageOf(
        api.GET('/audit', {
          params: { query: { ...query, ...page } },
          signal,
        }),
      ),
    touched: byDefinition(),
  });
  return (
    <>
      <PageHead
        title="Audit"
        actions={
          session.current.value?.applications === undefined ? (
            <button type="button" class="button primary" onClick={() => setExporting(true)}>
              Export with proof…
            </button>
          ) : undefined
        }
      />
      {isExporting ? <ExportDialog onClose={() => setExporting(false)} /> : null}
      <div class="filters">
        {FILTERS.map((name) => (
          <TextFilter
            key={name}
            label={TITLES[name]}
            placeholder={EXAMPLES[name]}
            value={filter[name] ?? ''}
            onValue={(value) => narrow({ [name]: value })}
          />
        ))}
        <label>
          <span class="unseen">Outcome</span>
          <select value={outcome ?? ''} onChange={({ currentTarget }) => narrow({ outcome: currentTarget.value })}>
            <option value="">Done and rejected</option>
            <option value="done">Done</option>
            <option value="rejected">Rejected</option>
          </select>
        </label>
        <ApplicationFilter by="id" value={applicationId ?? ''} onValue={(value) => narrow({ applicationId: value })} />
        <TimeFilter label="From" value={span.from} onValue={(at) => narrow({ from: at })} />
        <TimeFilter label="Before" value={span.to} onValue={(at) => narrow({ to: at })} />
      </div>
      <ListCard
        title="Changes and rejected requests"
        list={{ ...list, items: groupsOf(list.items) }}
        keyOf={({ first: { requestId, at, of } }) => `${requestId}${at}${of.id ?? of.name ?? ''}`}
        empty="No matching entries"
        hint="Try another user or action, or remove a filter."
        columns={[
          { title: 'When', cell: ({ first: { at } }) => <When at={at} /> },
          { title: 'User', cell: ({ first: { actor } }) => actor ?? 'Unknown user' },
          {
            title: 'Action',
            cell: ({ first: { action } }) =>
              action === undefined ? '–' : <Coded words={formatAction(action)} code={action} />,
          },
          { title: 'Resource', cell: (group) => <Things group={group} onOpen={setOpened} /> },
          { title: 'Outcome', cell: ({ first }) => <Outcome entry={first} /> },
          { title: 'Reason', cell: ({ first: { reason } }) => reason ?? '' },
        ]}
      />
      {opened === undefined ? null : (
        <ChangesDialog
          entry={opened}
          title={`${opened.action === undefined ? 'Change' : formatAction(opened.action)}: ${formatThing(opened.of)}`}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
};

export default Audit;

const outcomeOf = (text: string | null): AuditEntry['outcome'] | undefined =>
  text === 'done' || text === 'rejected' ? text : undefined;

type ThingsProps = { readonly group: AuditGroup; readonly onOpen: (entry: AuditEntry) => void };

/** The changed resource; for several by one request, their number, which expands to the list. */
const Things = ({ group: { first, entries }, onOpen }: ThingsProps) =>
  entries.length === 1 ? (
    <Thing entry={first} onOpen={onOpen} />
  ) : (
    <details>
      <summary>{formatCount(entries.length, formatAction(first.of.kind ?? 'change').toLowerCase())}</summary>
      <ul>
        {entries.map((entry) => (
          <li key={`${entry.of.id ?? entry.of.name ?? ''}${entry.at}`}>
            <Thing entry={entry} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </details>
  );

const Thing = ({ entry, onOpen }: { readonly entry: AuditEntry; readonly onOpen: (entry: AuditEntry) => void }) => {
  const text = formatThing(entry.of);
  const page = pageOfThing(entry.of);
  return (
    <>
      {page === undefined ? text : <Link href={page}>{text}</Link>}
      {hasChanges(entry) ? (
        <>
          {' '}
          <button type="button" class="link small" onClick={() => onOpen(entry)}>
            Show changes<span class="unseen"> of {text}</span>
          </button>
        </>
      ) : null}
    </>
  );
};

const formatThing = ({ kind, id, name, path }: AuditEntry['of']): string =>
  `${kind === undefined ? (path ?? '') : formatAction(kind)} ${name ?? id ?? ''}`.trim();

/** The page of a resource, or of its list. */
const pageOfThing = ({ kind, id, applicationId }: AuditEntry['of']): string | undefined => {
  switch (kind) {
    case 'job':
    case 'testCall':
    case 'acknowledgement':
      return id === undefined ? undefined : `/jobs/${id}`;
    case 'execution':
      return id === undefined ? undefined : `/executions/${id}`;
    case 'application':
      return id === undefined ? undefined : `/applications/${id}`;
    case 'variable':
    case 'secret':
    case 'limit':
    case 'tls':
      return applicationId === undefined ? undefined : `/applications/${applicationId}`;
    case 'calendar':
      return '/calendars';
    case 'pause':
      return '/pauses';
    case 'alertRule':
      return '/alerts';
    case 'token':
      return '/tokens';
    case 'operation':
    case 'backfill':
      return '/operations';
    case 'view':
      return '/jobs';
    case 'session':
    case 'tenant':
    case undefined:
      return undefined;
  }
};

const Outcome = ({ entry: { outcome, code, count } }: { readonly entry: AuditEntry }) => (
  <>
    <Status name={outcome === 'done' ? 'succeeded' : 'failed'}>{outcome}</Status>{' '}
    {code === undefined ? null : <Coded words={formatCode(code)} code={code} />}
    {count === undefined ? null : ` ${count} times`}
  </>
);
