import { Link } from 'wouter-preact';
import { api, pageOf } from '../../api/client.ts';
import { useList } from '../../api/queries.ts';
import { ListCard } from '../../components/list-card.tsx';
import { Status } from '../../components/status.tsx';
import { type JobsFilter, listQuery } from './filter.ts';

/** Matching jobs as of an instant, in order of creation. */
export const JobsThen = ({ filter, asOf }: { readonly filter: JobsFilter; readonly asOf: string }) => {
  const { sort: _, state: __, lastStatus: ___, ...query } = listQuery(filter);
  const list = useList({
    key: ['jobs', 'then', query, asOf],
    limit: 100,
    load: (page, signal) =>
      pageOf(
        api.GET('/jobs', {
          params: { query: { ...query, ...page, asOf } },
          signal,
        }),
      ),
    live: false,
  });
  return (
    <ListCard
      title="Jobs at that time"
      list={list}
      keyOf={({ id }) => id}
      empty="No matching jobs at that time"
      columns={[
        {
          title: 'Job',
          cell: ({ id, name }) => <Link href={`/jobs/${id}?asOf=${encodeURIComponent(asOf)}`}>{name}</Link>,
        },
        { title: 'Application', cell: ({ application }) => application.displayName || application.name },
        { title: 'State', cell: ({ enabled }) => <Status name={enabled ? 'enabled' : 'disabled'} /> },
        {
          title: 'Schedule',
          cell: ({ pattern, schedule, timezone }) => (
            <>
              <code>{pattern ?? (schedule === undefined ? 'manual' : JSON.stringify(schedule))}</code> {timezone}
            </>
          ),
        },
        {
          title: 'Last run',
          cell: ({ lastExecution }) => (lastExecution ? <Status name={lastExecution.status} /> : 'never'),
        },
        { title: 'Owner', cell: ({ createdBy }) => createdBy },
      ]}
    />
  );
};
