import { Link, useLocation, useSearch } from 'wouter-preact';
import { api, pageOf } from '../api/client.ts';
import { byDefinition, useList } from '../api/queries.ts';
import type { AuditEntry } from '../api/schema.ts';
import { ApplicationFilter } from '../parts/application-filter.tsx';
import { Coded } from '../parts/coded.tsx';
import { PageHead } from '../parts/layout.tsx';
import { ListCard } from '../parts/list-card.tsx';
import { Status } from '../parts/status.tsx';
import { TextFilter } from '../parts/text-filter.tsx';
import { TimeFilter } from '../parts/time-filter.tsx';
import { useSettled } from '../parts/typed.ts';
import { When } from '../parts/when.tsx';
import { sayAction, sayCode } from '../words/codes.ts';

const FILTERS = ['actor', 'action', 'code'] as const;
const TITLES = { actor: 'Who', action: 'Action, such as updateJob', code: 'Code of a refusal' } as const;
const EXAMPLES = { actor: 'Who', action: 'Action', code: 'Code' } as const;

/** Who did what, and what was refused. The search is in the address. */
const Audit = () => {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const filter = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
  const outcome = outcomeOf(search.get('outcome'));
  const narrow = (name: string, value: string) => {
    if (value.trim() === '') search.delete(name);
    else search.set(name, value);
    navigate(`/audit${search.size === 0 ? '' : `?${search}`}`, { replace: true });
  };
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
  const list = useList({
    key: ['audit', query],
    ask: (page, signal) =>
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
      <PageHead title="Audit" />
      <div class="filters">
        {FILTERS.map((name) => (
          <TextFilter
            key={name}
            label={TITLES[name]}
            placeholder={EXAMPLES[name]}
            value={filter[name] ?? ''}
            onValue={(value) => narrow(name, value)}
          />
        ))}
        <label>
          <span class="unseen">Outcome</span>
          <select value={outcome ?? ''} onChange={({ currentTarget }) => narrow('outcome', currentTarget.value)}>
            <option value="">Done and refused</option>
            <option value="done">Done</option>
            <option value="refused">Refused</option>
          </select>
        </label>
        <ApplicationFilter by="id" value={applicationId ?? ''} onValue={(value) => narrow('applicationId', value)} />
        <TimeFilter label="From" value={span.from} onValue={(at) => narrow('from', at)} />
        <TimeFilter label="Before" value={span.to} onValue={(at) => narrow('to', at)} />
      </div>
      <ListCard
        title="Changes and refusals"
        list={list}
        keyOf={({ requestId, at, of }) => `${requestId}${at}${of.id ?? of.name ?? ''}`}
        empty="Nothing matches"
        hint="Look for another user or action, or take a filter away."
        columns={[
          { title: 'When', cell: ({ at }) => <When at={at} /> },
          { title: 'Who', cell: ({ actor }) => actor ?? 'Nobody who is known' },
          {
            title: 'Action',
            cell: ({ action }) => (action === undefined ? '–' : <Coded words={sayAction(action)} code={action} />),
          },
          { title: 'Of', cell: ({ of }) => <Of of={of} /> },
          { title: 'Outcome', cell: (entry) => <Outcome entry={entry} /> },
          { title: 'Reason', cell: ({ reason }) => reason ?? '' },
        ]}
      />
    </>
  );
};

export default Audit;

const outcomeOf = (text: string | null): AuditEntry['outcome'] | undefined =>
  text === 'done' || text === 'refused' ? text : undefined;

const Of = ({ of: { kind, id, name, path } }: { readonly of: AuditEntry['of'] }) => {
  const text = `${kind === undefined ? (path ?? '') : sayAction(kind)} ${name ?? id ?? ''}`.trim();
  const page = kind === undefined ? undefined : PLACES[kind];
  return page === undefined || id === undefined ? text : <Link href={`${page}/${id}`}>{text}</Link>;
};
const PLACES: Readonly<Record<string, string>> = {
  job: '/jobs',
  execution: '/executions',
  application: '/applications',
  // Of the job whose definition was tested.
  testCall: '/jobs',
};

const Outcome = ({ entry: { outcome, code, count } }: { readonly entry: AuditEntry }) => (
  <>
    <Status name={outcome === 'done' ? 'succeeded' : 'failed'}>{outcome}</Status>{' '}
    {code === undefined ? null : <Coded words={sayCode(code)} code={code} />}
    {count === undefined ? null : ` ${count} times`}
  </>
);
